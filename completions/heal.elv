
use builtin;
use str;

set edit:completion:arg-completer[heal] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'heal'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'heal'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand check 'Look at everything that is declared, and judge it; changes nothing'
            cand status 'Tell what is remembered: incidents, budgets, holds, the last acts and ticks; looks at nothing'
            cand heal 'One tick: look, decide, act one rung, verify, record, alert'
            cand release 'End the hold of a service, so that heal may act on it again'
            cand alert 'Send an alert, and see to those that wait'
            cand beat 'Write a heartbeat, from the work loop of a service'
            cand init 'Write a commented heal.toml into this directory (or where --config says)'
            cand config 'Check heal.toml, show what it comes to, list what may stand in it'
            cand completions 'Print the completion script of a shell'
            cand man 'Print a page of the manual'
        }
        &'heal;check'= {
            cand --only 'Look only at this service (or `host`); may be repeated'
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --explain 'List the processes that were considered, and why each is or is not the service'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;status'= {
            cand --only 'The same, as with check and heal; may be repeated'
            cand --acts 'How many of the last acts of each service to tell'
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;heal'= {
            cand --only 'Heal only this service (or `host`); may be repeated'
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --dry-run 'Print what would be done and why; change nothing'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;release'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;alert'= {
            cand --severity 'How urgent it is'
            cand --service 'The service that it is about'
            cand --channel 'Only this channel, whatever it wants to hear; may be repeated'
            cand --detail 'Something that belongs to it; may be repeated'
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand test 'Send each channel a message that says that it is a test'
            cand flush 'Deliver what waits, also to channels that failed a moment ago'
            cand list 'Open incidents, who was told of them, and what waits for its channel'
            cand ack 'Hear no more of an incident: no reminders, and nobody further is called'
            cand preview 'What each channel would send, for an example; sends nothing'
        }
        &'heal;alert;test'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;alert;flush'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;alert;list'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;alert;ack'= {
            cand --for 'For so long; else until the incident is over'
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;alert;preview'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;beat'= {
            cand --progress 'How far the work is: any number that moves while work is done, such as a count of messages'
            cand --note 'What the loop says about itself, shown beside the verdict'
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;init'= {
            cand --name 'The name of the project (else the name of this directory)'
            cand --pid 'Propose a section for the process with this pid'
            cand --unit 'Propose a section for this systemd service, such as bot.service or systemd-user:bot.service'
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --print 'Print it instead of writing it'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;config'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand check 'Report every fault of heal.toml at once, with its place and what to write instead'
            cand show 'Print every setting that holds, defaults included'
            cand kinds 'List the kinds of probes, rungs and alert channels'
            cand schema 'Print the JSON Schema of heal.toml, for editors'
        }
        &'heal;config;check'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;config;show'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --origin 'Print each setting on a line of its own, with where it comes from'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;config;kinds'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;config;schema'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --output 'Print the schema of what commands print with --json instead'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;completions'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --static 'A script that never asks heal: it knows subcommands and flags, and no names'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'heal;man'= {
            cand --config 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)'
            cand --set 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated'
            cand --format 'Print the answer in this format'
            cand --exit-map 'End with other exit codes, such as 1=0,2=1'
            cand --color 'Colour the text'
            cand --json 'Print one JSON document instead of text'
            cand -q 'Print nothing while all is well'
            cand --quiet 'Print nothing while all is well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}
