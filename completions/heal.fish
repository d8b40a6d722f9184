# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_heal_global_optspecs
    string join \n config= set= json format= exit-map= q/quiet color= h/help V/version
end

function __fish_heal_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_heal_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_heal_using_subcommand
    set -l cmd (__fish_heal_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c heal -n "__fish_heal_needs_command" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_needs_command" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_needs_command" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_needs_command" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_needs_command" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_needs_command" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_needs_command" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_needs_command" -s V -l version -d 'Print version'
complete -c heal -n "__fish_heal_needs_command" -f -a "check" -d 'Look at everything that is declared, and judge it; changes nothing'
complete -c heal -n "__fish_heal_needs_command" -f -a "status" -d 'Tell what is remembered: incidents, budgets, holds, pauses, the last acts and ticks; looks at nothing'
complete -c heal -n "__fish_heal_needs_command" -f -a "heal" -d 'One tick: look, decide, act one rung, verify, record, alert'
complete -c heal -n "__fish_heal_needs_command" -f -a "clean-locks" -d 'Clear locks that are proved stale; tell who holds the others'
complete -c heal -n "__fish_heal_needs_command" -f -a "validate-state" -d 'Look at directories, links and state files; say what is wrong, and where'
complete -c heal -n "__fish_heal_needs_command" -f -a "release" -d 'End the hold of a service, so that heal may act on it again'
complete -c heal -n "__fish_heal_needs_command" -f -a "undo" -d 'Take back what a run changed'
complete -c heal -n "__fish_heal_needs_command" -f -a "pause" -d 'Keep heal\'s hands off services for a while: looked at and reported, never acted upon'
complete -c heal -n "__fish_heal_needs_command" -f -a "resume" -d 'End the pause of services, so that heal may act on them again'
complete -c heal -n "__fish_heal_needs_command" -f -a "hold" -d 'Hold a service until somebody releases it: no more acts, however long that takes'
complete -c heal -n "__fish_heal_needs_command" -f -a "restart" -d 'Start a service again, because you say so: verified, and not counted against its budget'
complete -c heal -n "__fish_heal_needs_command" -f -a "lock" -d 'Run a command, such as a deploy, while heal keeps its hands off'
complete -c heal -n "__fish_heal_needs_command" -f -a "beat" -d 'Write a heartbeat, from the work loop of a service'
complete -c heal -n "__fish_heal_needs_command" -f -a "init" -d 'Write a commented heal.toml into this directory (or where --config says)'
complete -c heal -n "__fish_heal_needs_command" -f -a "config" -d 'Check heal.toml, show what it comes to, list what may stand in it'
complete -c heal -n "__fish_heal_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c heal -n "__fish_heal_needs_command" -f -a "man" -d 'Print a page of the manual'
complete -c heal -n "__fish_heal_using_subcommand check" -l only -d 'Look only at this service (or `host`); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand check" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand check" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand check" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand check" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand check" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand check" -l all -d 'Read every state file, also where it has not changed since it was found right'
complete -c heal -n "__fish_heal_using_subcommand check" -l explain -d 'List the processes that were considered, and why each is or is not the service'
complete -c heal -n "__fish_heal_using_subcommand check" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand check" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand status" -l only -d 'The same, as with check and heal; may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand status" -l acts -d 'How many of the last acts of each service to tell' -r
complete -c heal -n "__fish_heal_using_subcommand status" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand status" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand status" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand status" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand status" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand status" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand status" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand heal" -l only -d 'Heal only this service (or `host`); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand heal" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand heal" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand heal" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand heal" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand heal" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand heal" -l dry-run -d 'Print what would be done and why; change nothing'
complete -c heal -n "__fish_heal_using_subcommand heal" -l all -d 'Read every state file, also where it has not changed since it was found right'
complete -c heal -n "__fish_heal_using_subcommand heal" -l startup -d 'Put right what is not a process, before a service starts: the first line of its run.sh, or ExecStartPre'
complete -c heal -n "__fish_heal_using_subcommand heal" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand heal" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand heal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand clean-locks" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand clean-locks" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand clean-locks" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand clean-locks" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand clean-locks" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand clean-locks" -l list -d 'Print each lock with its holder, what may be done and why; change nothing'
complete -c heal -n "__fish_heal_using_subcommand clean-locks" -l dry-run -d 'Print what would be done and why; change nothing'
complete -c heal -n "__fish_heal_using_subcommand clean-locks" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand clean-locks" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand clean-locks" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand validate-state" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand validate-state" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand validate-state" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand validate-state" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand validate-state" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand validate-state" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand validate-state" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand validate-state" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand release" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand release" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand release" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand release" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand release" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand release" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand release" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand undo" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand undo" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand undo" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand undo" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand undo" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand undo" -l list -d 'List the runs that changed something, and what of it can be taken back'
complete -c heal -n "__fish_heal_using_subcommand undo" -l force -d 'Move aside what stands in the old place by now'
complete -c heal -n "__fish_heal_using_subcommand undo" -l dry-run -d 'Print what would be done; change nothing'
complete -c heal -n "__fish_heal_using_subcommand undo" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand undo" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand pause" -l for -d 'For how long at most, up to 7d; 1h unless said, 24h with a command' -r
complete -c heal -n "__fish_heal_using_subcommand pause" -l reason -d 'Why, for whoever meets it; the command itself unless said' -r
complete -c heal -n "__fish_heal_using_subcommand pause" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand pause" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand pause" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand pause" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand pause" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand pause" -l all -d 'All services, also those that are declared later'
complete -c heal -n "__fish_heal_using_subcommand pause" -l over-reboot -d 'Let it outlive a restart of the machine'
complete -c heal -n "__fish_heal_using_subcommand pause" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand pause" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand resume" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand resume" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand resume" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand resume" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand resume" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand resume" -l all -d 'Every pause there is'
complete -c heal -n "__fish_heal_using_subcommand resume" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand resume" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand hold" -l reason -d 'Why, and what has to be put right' -r
complete -c heal -n "__fish_heal_using_subcommand hold" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand hold" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand hold" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand hold" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand hold" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand hold" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand hold" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand hold" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand restart" -l wait -d 'How long to wait for another run that is at work' -r
complete -c heal -n "__fish_heal_using_subcommand restart" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand restart" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand restart" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand restart" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand restart" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand restart" -l force -d 'Also what is held or paused; that stays so'
complete -c heal -n "__fish_heal_using_subcommand restart" -l dry-run -d 'Print what would be done and why; change nothing'
complete -c heal -n "__fish_heal_using_subcommand restart" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand restart" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand restart" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand lock" -l service -d 'Pause only this service; may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand lock" -l for -d 'For how long at most, up to 7d; 24h unless said' -r
complete -c heal -n "__fish_heal_using_subcommand lock" -l reason -d 'Why; the command itself unless said' -r
complete -c heal -n "__fish_heal_using_subcommand lock" -l wait -d 'How long to wait for whoever is at work; 5m unless said' -r
complete -c heal -n "__fish_heal_using_subcommand lock" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand lock" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand lock" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand lock" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand lock" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand lock" -l check -d 'Say who holds the locks and what is paused; run nothing'
complete -c heal -n "__fish_heal_using_subcommand lock" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand lock" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand lock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand beat" -l progress -d 'How far the work is: any number that moves while work is done, such as a count of messages' -r
complete -c heal -n "__fish_heal_using_subcommand beat" -l note -d 'What the loop says about itself, shown beside the verdict' -r
complete -c heal -n "__fish_heal_using_subcommand beat" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand beat" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand beat" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand beat" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand beat" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand beat" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand beat" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand beat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand init" -l name -d 'The name of the project (else the name of this directory)' -r
complete -c heal -n "__fish_heal_using_subcommand init" -l pid -d 'Propose a section for the process with this pid' -r
complete -c heal -n "__fish_heal_using_subcommand init" -l unit -d 'Propose a section for this systemd service, such as bot.service or systemd-user:bot.service' -r
complete -c heal -n "__fish_heal_using_subcommand init" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand init" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand init" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand init" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand init" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand init" -l print -d 'Print it instead of writing it'
complete -c heal -n "__fish_heal_using_subcommand init" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand init" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -f -a "check" -d 'Report every fault of heal.toml at once, with its place and what to write instead'
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -f -a "show" -d 'Print every setting that holds, defaults included'
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -f -a "kinds" -d 'List the kinds of probes, rungs and alert channels'
complete -c heal -n "__fish_heal_using_subcommand config; and not __fish_seen_subcommand_from check show kinds schema" -f -a "schema" -d 'Print the JSON Schema of heal.toml, for editors'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from check" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from check" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from check" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from show" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from show" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from show" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Print each setting on a line of its own, with where it comes from'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from kinds" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from kinds" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from kinds" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from kinds" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from kinds" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from kinds" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from kinds" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from kinds" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from schema" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from schema" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from schema" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from schema" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from schema" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from schema" -l output -d 'Print the schema of what commands print with --json instead'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from schema" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from schema" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand config; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand completions" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand completions" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand completions" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand completions" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand completions" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand completions" -l static -d 'A script that never asks heal: it knows subcommands and flags, and no names'
complete -c heal -n "__fish_heal_using_subcommand completions" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand completions" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand man" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand man" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand man" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand man" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand man" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand man" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand man" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
