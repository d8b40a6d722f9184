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
complete -c heal -n "__fish_heal_needs_command" -f -a "doctor" -d 'Tell whether heal itself is in order: schedule, ticks, clock, files, tools, channels; changes nothing'
complete -c heal -n "__fish_heal_needs_command" -f -a "heal" -d 'One tick: look, decide, act one rung, verify, record, alert'
complete -c heal -n "__fish_heal_needs_command" -f -a "clean-locks" -d 'Clear locks that are proved stale; tell who holds the others'
complete -c heal -n "__fish_heal_needs_command" -f -a "validate-state" -d 'Look at directories, links and state files; say what is wrong, and where'
complete -c heal -n "__fish_heal_needs_command" -f -a "checkpoint" -d 'Save states under numbers; prove and restore them'
complete -c heal -n "__fish_heal_needs_command" -f -a "release" -d 'End the hold of a service, so that heal may act on it again'
complete -c heal -n "__fish_heal_needs_command" -f -a "undo" -d 'Take back what a run changed'
complete -c heal -n "__fish_heal_needs_command" -f -a "update" -d 'Bring the code forward to what was pushed, and back if that does not do well'
complete -c heal -n "__fish_heal_needs_command" -f -a "pause" -d 'Keep heal\'s hands off services for a while: looked at and reported, never acted upon'
complete -c heal -n "__fish_heal_needs_command" -f -a "resume" -d 'End the pause of services, so that heal may act on them again'
complete -c heal -n "__fish_heal_needs_command" -f -a "hold" -d 'Hold a service until somebody releases it: no more acts, however long that takes'
complete -c heal -n "__fish_heal_needs_command" -f -a "restart" -d 'Start a service again, because you say so: verified, and not counted against its budget'
complete -c heal -n "__fish_heal_needs_command" -f -a "lock" -d 'Run a command, such as a deploy, while heal keeps its hands off'
complete -c heal -n "__fish_heal_needs_command" -f -a "revert" -d 'Take back the code that a service crashes with'
complete -c heal -n "__fish_heal_needs_command" -f -a "crash" -d 'Record starts, stops and crashes; say whether they are a pattern'
complete -c heal -n "__fish_heal_needs_command" -f -a "run" -d 'Run the command that is a service, and record when it starts, stops and crashes, and on which release'
complete -c heal -n "__fish_heal_needs_command" -f -a "alert" -d 'Send an alert, and see to those that wait'
complete -c heal -n "__fish_heal_needs_command" -f -a "beat" -d 'Write a heartbeat, from the work loop of a service'
complete -c heal -n "__fish_heal_needs_command" -f -a "init" -d 'Write a commented heal.toml into this directory (or where --config says)'
complete -c heal -n "__fish_heal_needs_command" -f -a "install" -d 'Have systemd, launchd or cron start heal, as `[schedule]` says'
complete -c heal -n "__fish_heal_needs_command" -f -a "uninstall" -d 'Remove what `heal install` wrote for this project'
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
complete -c heal -n "__fish_heal_using_subcommand doctor" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand doctor" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand doctor" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand doctor" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand doctor" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand doctor" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand doctor" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
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
complete -c heal -n "__fish_heal_using_subcommand validate-state" -l repair -d 'Put right what may be put right: `repair` of each `[state.NAME]` says how'
complete -c heal -n "__fish_heal_using_subcommand validate-state" -l dry-run -d 'With --repair: print what would be done; change nothing'
complete -c heal -n "__fish_heal_using_subcommand validate-state" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand validate-state" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand validate-state" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -f -a "save" -d 'Save the state under the next number'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -f -a "restore" -d 'Bring back the newest that is whole'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -f -a "list" -d 'List what is saved, newest first'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and not __fish_seen_subcommand_from save restore list verify" -f -a "verify" -d 'Read every byte of what is saved: is it what was saved?'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from save" -l from -d 'Save this file instead of what is declared; `-` is stdin' -r -F
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from save" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from save" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from save" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from save" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from save" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from save" -l dry-run -d 'Print what would be done; change nothing, and run no command'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from save" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from save" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from save" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -l sequence -d 'This number, and no other' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -l to -d 'Replace this file instead; `-` prints it to stdout, and changes nothing' -r -F
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -l dry-run -d 'Print what would be done; change nothing'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from verify" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from verify" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from verify" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from verify" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from verify" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from verify" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand checkpoint; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
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
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -f -a "check" -d 'Say whether there is an update: exit code 1 if so, 0 if not, 3 if the remote could not be asked'
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -f -a "apply" -d 'Fetch, fast-forward, build, restart; then it is on probation'
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -f -a "rollback" -d 'Take the latest update back; it is not offered again'
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -f -a "status" -d 'Say how the latest update does: exit code 1 while it is on probation or unfinished'
complete -c heal -n "__fish_heal_using_subcommand update; and not __fish_seen_subcommand_from check apply rollback status history" -f -a "history" -d 'List the updates that were made, newest first'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from check" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from check" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from check" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from check" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from check" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -l again -d 'Offer again what was rolled back'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -l now -d 'Do not ask `defer_if`'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -l dry-run -d 'Print what would be done; change no file and no branch'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from rollback" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from rollback" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from rollback" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from rollback" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from rollback" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from rollback" -l dry-run -d 'Print what would be done; change nothing'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from rollback" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from status" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from status" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from status" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from status" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from status" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from status" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from history" -l lines -d 'Print so many lines at most; a JSON document has all of them' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from history" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from history" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from history" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from history" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from history" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from history" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand update; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
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
complete -c heal -n "__fish_heal_using_subcommand revert" -l service -d 'The service; needed when there are several and none, or more than one, has a crash pattern' -r
complete -c heal -n "__fish_heal_using_subcommand revert" -l commit -d 'Take back this one commit, whatever crashes; what came after it stays' -r
complete -c heal -n "__fish_heal_using_subcommand revert" -l mainline -d 'Of a merge named with --commit, keep the side of this parent, from 1' -r
complete -c heal -n "__fish_heal_using_subcommand revert" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand revert" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand revert" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand revert" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand revert" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand revert" -l force -d 'Do it although it is not armed; waives nothing else'
complete -c heal -n "__fish_heal_using_subcommand revert" -l dry-run -d 'Print what would be taken back; change nothing'
complete -c heal -n "__fish_heal_using_subcommand revert" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand revert" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand revert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -f -a "log" -d 'Record a crash, a stop or a start of a service, from the script around it'
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -f -a "pattern" -d 'Say whether crashes are a pattern: exit code 2 if so, 0 if not, 3 if that cannot be judged'
complete -c heal -n "__fish_heal_using_subcommand crash; and not __fish_seen_subcommand_from log pattern history" -f -a "history" -d 'Show the starts, stops and crashes of the last while, newest first'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l reason -d 'Why, in words' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l exit-code -d 'The exit code it ended with' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l signal -d 'The signal that ended it: a number or a name such as SEGV' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l service -d 'The service; may be left out where there is only one' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l release -d 'The full id of the commit that runs, where heal cannot see it' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l start -d 'It begins'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l stop -d 'It was stopped, and meant to be'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from pattern" -l service -d 'Only this service; may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from pattern" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from pattern" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from pattern" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from pattern" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from pattern" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from pattern" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from pattern" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from pattern" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -l since -d 'How far back' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -l service -d 'Only this service; may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -l lines -d 'Print so many lines at most; a JSON document has all of them' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand crash; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand run" -l service -d 'The service that the command is' -r
complete -c heal -n "__fish_heal_using_subcommand run" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand run" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand run" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand run" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand run" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand run" -l startup -d 'Put right what is not a process before it starts, and do not start it on what is broken'
complete -c heal -n "__fish_heal_using_subcommand run" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand run" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -l severity -d 'How urgent it is' -r -f -a "info\t''
warning\t''
critical\t''"
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -l service -d 'The service that it is about' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -l channel -d 'Only this channel, whatever it wants to hear; may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -l detail -d 'Something that belongs to it; may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -a "test" -d 'Send each channel a message that says that it is a test'
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -a "flush" -d 'Deliver what waits, also to channels that failed a moment ago'
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -a "list" -d 'Open incidents, who was told of them, and what waits for its channel'
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -a "ack" -d 'Hear no more of an incident: no reminders, and nobody further is called'
complete -c heal -n "__fish_heal_using_subcommand alert; and not __fish_seen_subcommand_from test flush list ack preview" -a "preview" -d 'What each channel would send, for an example; sends nothing'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from test" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from test" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from test" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from test" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from test" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from test" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from flush" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from flush" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from flush" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from flush" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from flush" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from flush" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from flush" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from flush" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from list" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from list" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from list" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from list" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from list" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from ack" -l for -d 'For so long; else until the incident is over' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from ack" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from ack" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from ack" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from ack" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from ack" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from ack" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from ack" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from ack" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from preview" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from preview" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from preview" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from preview" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from preview" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from preview" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from preview" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand alert; and __fish_seen_subcommand_from preview" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand beat" -l progress -d 'How far the work is: any number that moves while work is done, such as a count of messages or 0.5' -r
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
complete -c heal -n "__fish_heal_using_subcommand install" -l service -d 'Also a unit that runs this service itself; may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand install" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand install" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand install" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand install" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand install" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand install" -l systemd -d 'By a timer of the machine\'s systemd'
complete -c heal -n "__fish_heal_using_subcommand install" -l systemd-user -d 'By a timer of your own systemd'
complete -c heal -n "__fish_heal_using_subcommand install" -l launchd -d 'By a property list for launchd'
complete -c heal -n "__fish_heal_using_subcommand install" -l cron -d 'By a block in your crontab'
complete -c heal -n "__fish_heal_using_subcommand install" -l print -d 'Print it instead of writing it'
complete -c heal -n "__fish_heal_using_subcommand install" -l dry-run -d 'Print what would be done; change nothing'
complete -c heal -n "__fish_heal_using_subcommand install" -l no-enable -d 'Write the files and tell nobody about them'
complete -c heal -n "__fish_heal_using_subcommand install" -l force -d 'Replace also what was edited by hand; a copy of it is kept'
complete -c heal -n "__fish_heal_using_subcommand install" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand install" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l service -d 'Only the unit that runs this service itself, which stays otherwise; may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l config -d 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)' -r -F
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l set -d 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated' -r
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l format -d 'Print the answer in this format' -r -f -a "human\t'Text for people'
json\t'One JSON document'
nagios\t'A monitoring plugin: one line, its figures, exit code 0 to 3'"
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l exit-map -d 'End with other exit codes, such as 1=0,2=1' -r
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l color -d 'Colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l systemd -d 'By a timer of the machine\'s systemd'
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l systemd-user -d 'By a timer of your own systemd'
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l launchd -d 'By a property list for launchd'
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l cron -d 'By a block in your crontab'
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l dry-run -d 'Print what would be done; change nothing'
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l no-disable -d 'Remove the files and tell nobody about it'
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l force -d 'Remove also what was edited by hand; a copy of it is kept'
complete -c heal -n "__fish_heal_using_subcommand uninstall" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand uninstall" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
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
