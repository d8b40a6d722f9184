#!/bin/sh
# An example of an escalation around heal: check, clean-locks, heal, the commit that is to blame, and a person when that did not
# help.
#
#   * * * * * /srv/bot/scripts/watchdog.sh /srv/bot/heal.toml
#
# `heal install` has heal started without any of this, and heal tells its own alert channels. What this adds is a last
# resort that depends on none of them: cron mails whatever is printed. It exits with heal's own code.
set -u
# cron's PATH is short; `cargo install` puts heal where cron does not look.
PATH=$PATH:/usr/local/bin:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
export PATH
config=${1:-heal.toml}
said=''

# Runs one step, keeps what it said and its exit code.
step() {
    answer=$(heal --config "$config" "$@" 2>&1)
    code=$?
    [ -z "$answer" ] || said="$said
== heal $*
$answer"
}

# Is there anything to do? Only locks: they can keep a service from starting, and the tick does the rest itself.
step check --quiet
case $code in
    0 | 70 | 77 | 78 | 127) ;; # well; or nothing that locks could help with
    *)
        step clean-locks --quiet
        case $code in
            0) ;;  # free, cleared, or held by one that lives
            75) ;; # another run is at work
            69) said="$said
a lock is doubtful and was kept: heal clean-locks --list" ;;
        esac
        ;;
esac

# Every time, also when all is well: an incident ends only when a tick has seen the service healthy for a while.
step heal
case $code in
    0 | 1 | 75) exit "$code" ;; # well or healed; on probation or degraded; another run is at work
    2) what="something is unhealthy, and this run did not cure it" ;;
    3) what="heal could not look" ;;
    69) what="heal waits for a person, or for its budget" ;;
    77) what="heal is not permitted to do its work" ;;
    78) what="heal.toml is missing or invalid" ;;
    127) what="heal is not installed, or not in PATH" ;;
    *) what="heal failed with exit code $code" ;;
esac
ended=$code

case $ended in
    2 | 69)
        # Is it the code? Then it is taken back, where somebody armed that; heal tells of it by itself.
        heal crash pattern --config "$config" --quiet >/dev/null 2>&1
        if [ $? -eq 2 ]; then
            step revert
            [ "$code" -eq 0 ] && exit 0
            what="$what; its crashes are a pattern: heal crash pattern"
        fi
        ;;
    3 | 78 | 127) ;; # told by heal when it lasts, or by nobody who is there
    # What heal fails at itself is in none of its reports: its channels are tried all the same.
    *) step alert "$what" --severity critical ;;
esac
code=$ended

# Once an hour is enough for the same trouble. Where that cannot be remembered, it is told each time.
mark="$code $(date +%Y-%m-%dT%H)"
seen=$(dirname -- "$config")/.watchdog-told
[ "$(cat "$seen" 2>/dev/null)" = "$mark" ] && exit "$code"
{ echo "$mark" >"$seen"; } 2>/dev/null
printf '%s: %s\n%s\n' "$config" "$what" "$said"
exit "$code"
