# shellcheck shell=bash
# What every script begins with: where things are, and what more than one script uses. Sourced.

shopt -s inherit_errexit

library=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
repository=${library%/scripts/lib}
source "$library/output.sh"
source "$library/settings.sh"
source "$library/requirements.sh"
source "$library/ports.sh"
source "$library/processes.sh"
source "$library/progress.sh"
source "$library/build.sh"
source "$library/tools.sh"
source "$library/web.sh"
source "$library/emulator.sh"
source "$library/private-system.sh"
