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
complete -c heal -n "__fish_heal_needs_command" -f -a "status" -d 'Tell what is remembered: incidents, budgets, holds, the last acts and ticks; looks at nothing'
complete -c heal -n "__fish_heal_needs_command" -f -a "heal" -d 'One tick: look, decide, act one rung, verify, record, alert'
complete -c heal -n "__fish_heal_needs_command" -f -a "release" -d 'End the hold of a service, so that heal may act on it again'
complete -c heal -n "__fish_heal_needs_command" -f -a "alert" -d 'Send an alert, and see to those that wait'
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
complete -c heal -n "__fish_heal_using_subcommand heal" -l json -d 'Print one JSON document instead of text'
complete -c heal -n "__fish_heal_using_subcommand heal" -s q -l quiet -d 'Print nothing while all is well'
complete -c heal -n "__fish_heal_using_subcommand heal" -s h -l help -d 'Print help (see more with \'--help\')'
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
