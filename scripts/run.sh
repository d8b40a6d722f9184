#!/bin/sh
# An example of what a service is started by: what is not a process is put right first, and a service is not started on
# what is broken.
#
#   heal.toml:  start = ["./scripts/run.sh", "python3", "bot.py"]
#   systemd:    ExecStartPre=/usr/local/bin/heal --config /srv/bot/heal.toml heal --startup --quiet
#
# `heal heal --startup` creates what is missing and mends what it can prove to be broken; it signals and starts nothing, and
# never waits for the tick that starts this service. 0 says that the service may start, anything else that it may not: heal.toml
# is broken (78), another repair of files took longer than 30 s (75), something needs a person (69) or is broken (2).
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
config=${HEAL_CONFIG:-$here/../heal.toml}

if [ $# -eq 0 ]; then
    echo "run.sh: no command; give the program of the service and its arguments" >&2
    exit 64
fi
# `cargo install` puts heal where neither cron nor systemd looks.
PATH=$PATH:/usr/local/bin:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
export PATH

# Where heal is not installed there is nobody to ask, and nothing that would be broken by it: the service comes first.
if command -v heal >/dev/null 2>&1; then
    heal --config "$config" heal --startup --quiet || exit $?
fi

# exec: what is started is the service itself, under the pid that heal saw and wrote down.
exec "$@"
