# SPDX-License-Identifier: GPL-3.0-or-later
#
# The cache. Whatever is kept there is made in a folder under $cache/tmp and
# renamed into its place when it is whole, so a finished thing and a present
# thing are the same; a lock for each lets a second caller wait for the first.

say() {
    printf '%s\n' "$*"
}

fail() {
    printf 'vmcores: %s\n' "$*" >&2
    exit 1
}

declare -A package_of=(
    [qemu-system-x86_64]=qemu-system-x86 [qemu-system-aarch64]=qemu-system-arm [makedumpfile]=makedumpfile [kexec]=kexec-tools
    [busybox]=busybox-static [mke2fs]=e2fsprogs [debugfs]=e2fsprogs [flock]=util-linux
    [swapon]=mount [cpio]=cpio [xz]=xz-utils [apt-get]=apt [dpkg-deb]=dpkg
)

need_programs() {
    local program missing=()
    PATH=$PATH:/usr/sbin:/sbin
    for program in "${!package_of[@]}"; do
        command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
    done
    ((${#missing[@]} == 0)) || fail "missing programs: apt-get install ${missing[*]}"
}

# cache_get FOLDER COMMAND...: FOLDER (relative to the cache) is there when this
# returns. If it has to be made, COMMAND is run with a new folder as its last
# argument, to be filled. Sets cache_found to "found" or "made".
cache_get() {
    local folder=$cache/$1 lock work
    shift
    cache_found=found
    [[ -d $folder ]] && return
    mkdir -p "$cache/locks" "$cache/tmp" "$(dirname "$folder")"
    exec {lock}>"$cache/locks/${folder//\//%}"
    flock "$lock"
    if [[ ! -d $folder ]]; then
        work=$(mktemp -d "$cache/tmp/XXXXXX")
        # shellcheck disable=SC2064
        trap "kill \$(jobs -p) 2>/dev/null || true; rm -rf '$work'" EXIT
        # Children don't get the lock: a stray one must not hold it.
        "$@" "$work/new" {lock}>&-
        mv "$work/new" "$folder"
        rm -rf "$work"
        trap - EXIT
        cache_found=made
    fi
    exec {lock}>&-
}

# Removes what no scenario asks for any more (its recipe or kernel has changed)
# and what killed runs left behind.
cache_prune() {
    local name folder keep=' '
    for name in $(scenario_list); do
        keep+=$(scenario_load "$name"; printf '%s %s ' "$(entry_key)" "$(kernel_key)")' '
    done
    for folder in "$cache"/vmcores/*/*; do
        [[ $keep = *" ${folder#"$cache"/} "* ]] || { say "removing $folder"; rm -rf "$folder"; }
    done
    for folder in "$cache"/{kernels,debuginfo,headers}/*; do
        [[ $keep = *" ${folder##*/} "* ]] || { say "removing $folder"; rm -rf "$folder"; }
    done
    find "$cache/tmp" -mindepth 1 -maxdepth 1 -mmin +60 -exec rm -rf {} +
}
