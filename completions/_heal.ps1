
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'heal' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'heal'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'heal' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Look at everything that is declared, and judge it; changes nothing')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Tell what is remembered: incidents, budgets, holds, pauses, the last acts and ticks; looks at nothing')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Tell whether heal itself is in order: schedule, ticks, clock, files, tools, channels; changes nothing')
            [CompletionResult]::new('heal', 'heal', [CompletionResultType]::ParameterValue, 'One tick: look, decide, act one rung, verify, record, alert')
            [CompletionResult]::new('clean-locks', 'clean-locks', [CompletionResultType]::ParameterValue, 'Clear locks that are proved stale; tell who holds the others')
            [CompletionResult]::new('validate-state', 'validate-state', [CompletionResultType]::ParameterValue, 'Look at directories, links and state files; say what is wrong, and where')
            [CompletionResult]::new('checkpoint', 'checkpoint', [CompletionResultType]::ParameterValue, 'Save states under numbers; prove and restore them')
            [CompletionResult]::new('release', 'release', [CompletionResultType]::ParameterValue, 'End the hold of a service, so that heal may act on it again')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Take back what a run changed')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Bring the code forward to what was pushed, and back if that does not do well')
            [CompletionResult]::new('pause', 'pause', [CompletionResultType]::ParameterValue, 'Keep heal''s hands off services for a while: looked at and reported, never acted upon')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'End the pause of services, so that heal may act on them again')
            [CompletionResult]::new('hold', 'hold', [CompletionResultType]::ParameterValue, 'Hold a service until somebody releases it: no more acts, however long that takes')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Start a service again, because you say so: verified, and not counted against its budget')
            [CompletionResult]::new('lock', 'lock', [CompletionResultType]::ParameterValue, 'Run a command, such as a deploy, while heal keeps its hands off')
            [CompletionResult]::new('revert', 'revert', [CompletionResultType]::ParameterValue, 'Take back the code that a service crashes with')
            [CompletionResult]::new('crash', 'crash', [CompletionResultType]::ParameterValue, 'Record starts, stops and crashes; say whether they are a pattern')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run the command that is a service, and record when it starts, stops and crashes, and on which release')
            [CompletionResult]::new('alert', 'alert', [CompletionResultType]::ParameterValue, 'Send an alert, and see to those that wait')
            [CompletionResult]::new('beat', 'beat', [CompletionResultType]::ParameterValue, 'Write a heartbeat, from the work loop of a service')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented heal.toml into this directory (or where --config says)')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Have systemd, launchd or cron start heal, as `[schedule]` says')
            [CompletionResult]::new('uninstall', 'uninstall', [CompletionResultType]::ParameterValue, 'Remove what `heal install` wrote for this project')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Check heal.toml, show what it comes to, list what may stand in it')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a page of the manual')
            break
        }
        'heal;check' {
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Look only at this service (or `host`); may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Read every state file, also where it has not changed since it was found right')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'List the processes that were considered, and why each is or is not the service')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;status' {
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'The same, as with check and heal; may be repeated')
            [CompletionResult]::new('--acts', '--acts', [CompletionResultType]::ParameterName, 'How many of the last acts of each service to tell')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;doctor' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;heal' {
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Heal only this service (or `host`); may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done and why; change nothing')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Read every state file, also where it has not changed since it was found right')
            [CompletionResult]::new('--startup', '--startup', [CompletionResultType]::ParameterName, 'Put right what is not a process, before a service starts: the first line of its run.sh, or ExecStartPre')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;clean-locks' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Print each lock with its holder, what may be done and why; change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done and why; change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;validate-state' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--repair', '--repair', [CompletionResultType]::ParameterName, 'Put right what may be put right: `repair` of each `[state.NAME]` says how')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'With --repair: print what would be done; change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;checkpoint' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save the state under the next number')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Bring back the newest that is whole')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what is saved, newest first')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Read every byte of what is saved: is it what was saved?')
            break
        }
        'heal;checkpoint;save' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Save this file instead of what is declared; `-` is stdin')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done; change nothing, and run no command')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;checkpoint;restore' {
            [CompletionResult]::new('--sequence', '--sequence', [CompletionResultType]::ParameterName, 'This number, and no other')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Replace this file instead; `-` prints it to stdout, and changes nothing')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done; change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;checkpoint;list' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;checkpoint;verify' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;release' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;undo' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List the runs that changed something, and what of it can be taken back')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Move aside what stands in the old place by now')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done; change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;update' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Say whether there is an update: exit code 1 if so, 0 if not, 3 if the remote could not be asked')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Fetch, fast-forward, build, restart; then it is on probation')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Take the latest update back; it is not offered again')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Say how the latest update does: exit code 1 while it is on probation or unfinished')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List the updates that were made, newest first')
            break
        }
        'heal;update;check' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;update;apply' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--again', '--again', [CompletionResultType]::ParameterName, 'Offer again what was rolled back')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Do not ask `defer_if`')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done; change no file and no branch')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;update;rollback' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done; change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;update;status' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;update;history' {
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'Print so many lines at most; a JSON document has all of them')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;pause' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For how long at most, up to 7d; 1h unless said, 24h with a command')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why, for whoever meets it; the command itself unless said')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All services, also those that are declared later')
            [CompletionResult]::new('--over-reboot', '--over-reboot', [CompletionResultType]::ParameterName, 'Let it outlive a restart of the machine')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;resume' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every pause there is')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;hold' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why, and what has to be put right')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;restart' {
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long to wait for another run that is at work')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Also what is held or paused; that stays so')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done and why; change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;lock' {
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Pause only this service; may be repeated')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For how long at most, up to 7d; 24h unless said')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; the command itself unless said')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long to wait for whoever is at work; 5m unless said')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Say who holds the locks and what is paused; run nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;revert' {
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'The service; needed when there are several and none, or more than one, has a crash pattern')
            [CompletionResult]::new('--commit', '--commit', [CompletionResultType]::ParameterName, 'Take back this one commit, whatever crashes; what came after it stays')
            [CompletionResult]::new('--mainline', '--mainline', [CompletionResultType]::ParameterName, 'Of a merge named with --commit, keep the side of this parent, from 1')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it although it is not armed; waives nothing else')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be taken back; change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;crash' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Record a crash, a stop or a start of a service, from the script around it')
            [CompletionResult]::new('pattern', 'pattern', [CompletionResultType]::ParameterValue, 'Say whether crashes are a pattern: exit code 2 if so, 0 if not, 3 if that cannot be judged')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the starts, stops and crashes of the last while, newest first')
            break
        }
        'heal;crash;log' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why, in words')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'The exit code it ended with')
            [CompletionResult]::new('--signal', '--signal', [CompletionResultType]::ParameterName, 'The signal that ended it: a number or a name such as SEGV')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'The service; may be left out where there is only one')
            [CompletionResult]::new('--release', '--release', [CompletionResultType]::ParameterName, 'The full id of the commit that runs, where heal cannot see it')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--start', '--start', [CompletionResultType]::ParameterName, 'It begins')
            [CompletionResult]::new('--stop', '--stop', [CompletionResultType]::ParameterName, 'It was stopped, and meant to be')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;crash;pattern' {
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Only this service; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;crash;history' {
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'How far back')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Only this service; may be repeated')
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'Print so many lines at most; a JSON document has all of them')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;run' {
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'The service that the command is')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--startup', '--startup', [CompletionResultType]::ParameterName, 'Put right what is not a process before it starts, and do not start it on what is broken')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;alert' {
            [CompletionResult]::new('--severity', '--severity', [CompletionResultType]::ParameterName, 'How urgent it is')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'The service that it is about')
            [CompletionResult]::new('--channel', '--channel', [CompletionResultType]::ParameterName, 'Only this channel, whatever it wants to hear; may be repeated')
            [CompletionResult]::new('--detail', '--detail', [CompletionResultType]::ParameterName, 'Something that belongs to it; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Send each channel a message that says that it is a test')
            [CompletionResult]::new('flush', 'flush', [CompletionResultType]::ParameterValue, 'Deliver what waits, also to channels that failed a moment ago')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Open incidents, who was told of them, and what waits for its channel')
            [CompletionResult]::new('ack', 'ack', [CompletionResultType]::ParameterValue, 'Hear no more of an incident: no reminders, and nobody further is called')
            [CompletionResult]::new('preview', 'preview', [CompletionResultType]::ParameterValue, 'What each channel would send, for an example; sends nothing')
            break
        }
        'heal;alert;test' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;alert;flush' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;alert;list' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;alert;ack' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For so long; else until the incident is over')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;alert;preview' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;beat' {
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How far the work is: any number that moves while work is done, such as a count of messages or 0.5')
            [CompletionResult]::new('--note', '--note', [CompletionResultType]::ParameterName, 'What the loop says about itself, shown beside the verdict')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;init' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name of the project (else the name of this directory)')
            [CompletionResult]::new('--pid', '--pid', [CompletionResultType]::ParameterName, 'Propose a section for the process with this pid')
            [CompletionResult]::new('--unit', '--unit', [CompletionResultType]::ParameterName, 'Propose a section for this systemd service, such as bot.service or systemd-user:bot.service')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print it instead of writing it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;install' {
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Also a unit that runs this service itself; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--systemd', '--systemd', [CompletionResultType]::ParameterName, 'By a timer of the machine''s systemd')
            [CompletionResult]::new('--systemd-user', '--systemd-user', [CompletionResultType]::ParameterName, 'By a timer of your own systemd')
            [CompletionResult]::new('--launchd', '--launchd', [CompletionResultType]::ParameterName, 'By a property list for launchd')
            [CompletionResult]::new('--cron', '--cron', [CompletionResultType]::ParameterName, 'By a block in your crontab')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print it instead of writing it')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done; change nothing')
            [CompletionResult]::new('--no-enable', '--no-enable', [CompletionResultType]::ParameterName, 'Write the files and tell nobody about them')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace also what was edited by hand; a copy of it is kept')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;uninstall' {
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Only the unit that runs this service itself, which stays otherwise; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--systemd', '--systemd', [CompletionResultType]::ParameterName, 'By a timer of the machine''s systemd')
            [CompletionResult]::new('--systemd-user', '--systemd-user', [CompletionResultType]::ParameterName, 'By a timer of your own systemd')
            [CompletionResult]::new('--launchd', '--launchd', [CompletionResultType]::ParameterName, 'By a property list for launchd')
            [CompletionResult]::new('--cron', '--cron', [CompletionResultType]::ParameterName, 'By a block in your crontab')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done; change nothing')
            [CompletionResult]::new('--no-disable', '--no-disable', [CompletionResultType]::ParameterName, 'Remove the files and tell nobody about it')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Remove also what was edited by hand; a copy of it is kept')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;config' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Report every fault of heal.toml at once, with its place and what to write instead')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Print every setting that holds, defaults included')
            [CompletionResult]::new('kinds', 'kinds', [CompletionResultType]::ParameterValue, 'List the kinds of probes, rungs and alert channels')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of heal.toml, for editors')
            break
        }
        'heal;config;check' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;config;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Print each setting on a line of its own, with where it comes from')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;config;kinds' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;config;schema' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the schema of what commands print with --json instead')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;completions' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--static', '--static', [CompletionResultType]::ParameterName, 'A script that never asks heal: it knows subcommands and flags, and no names')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'heal;man' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the answer in this format')
            [CompletionResult]::new('--exit-map', '--exit-map', [CompletionResultType]::ParameterName, 'End with other exit codes, such as 1=0,2=1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour the text')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing while all is well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
