# SPDX-License-Identifier: GPL-3.0-or-later
#
# An entry of the cache: the dump of one scenario, by one recipe, of one kernel.

entry_key() {
    local recipe
    recipe=$(scenario_recipe)
    if [[ ${setting[from]} ]]; then
        recipe+=$(scenario_load "${setting[from]}"; entry_key)
    fi
    printf 'vmcores/%s/%s-%s' "${setting[name]}" "$(kernel_key)" \
        "$(sha256sum <<< "$recipe" | cut -c 1-12)"
}

# entry_path NAME: prints the folder of a dump that has been made.
entry_path() {
    scenario_load "$1"
    printf '%s/%s\n' "$cache" "$(entry_key)"
}

# entry_make NAME: finds or makes the dump, and says which.
entry_make() {
    local key
    SECONDS=0
    scenario_load "$1"
    kernel_resolve
    key=$(entry_key)
    if [[ ${setting[from]} ]]; then
        (entry_make "${setting[from]}")
        entry_parent=$(entry_path "${setting[from]}")
        [[ -d $cache/$key || ! ${setting[filter]} ]] || filter_fetch
        cache_get "$key" entry_derive
    else
        if [[ ! -d $cache/$key ]]; then
            kernel_fetch
            [[ ! ${setting[build]} ]] || headers_fetch
            [[ ! ${setting[arch]} ]] || foreign_fetch
        fi
        cache_get "$key" entry_build
    fi
    if [[ $cache_found = made ]]; then
        say "$1: made in $SECONDS s: $cache/$key"
    else
        say "$1: found: $cache/$key"
    fi
}

entry_build() {
    local to=$1 work=${1%/*}/guest
    mkdir "$to" "$work"
    if [[ ${setting[arch]} ]]; then
        foreign_build "$to" "$work"
    else
        native_build "$to" "$work"
    fi
    printf '%s\n' "$kernel_release" "$kernel_version" "$kernel_package" > "$to/kernel"
    scenario_recipe > "$to/recipe"
    sed /^$/d <<< "${section[planted]}" > "$to/planted"
}

# Says every so often what the guest says: it has no terminal, and takes minutes.
guest_progress() {
    while sleep 20 >/dev/null 2>&1; do
        printf '%s: %s\n' "${setting[name]}" "$(tail -n 1 "$1" | tr -cd '[:print:]' | cut -c 1-100)" >&2
    done
}

native_build() {
    local to=$1 work=$2
    [[ ! ${setting[build]} ]] || module_build "$work/build" "$to"
    initramfs_make "$work"
    guest_progress "$work/console.log" &
    local progress=$!
    guest_run "$work"
    kill "$progress" 2>/dev/null || true
    disk_extract "$work/disk.img" "$to"
    tr -d '\r' < "$work/console.log" > "$to/console.log"
    formats_derive "$to"
    log_check "$to/dmesg.txt" "$work"
}

# The kernel has to have died of what it was meant to die of.
log_check() {
    local pattern
    while IFS= read -r pattern; do
        [[ ! $pattern ]] || grep -qE -- "$pattern" "$1" ||
            guest_failed "$2" "the kernel's log has no line that matches: $pattern"
    done <<< "${section[log]}"
}

# A scenario with "from" filters another one's dump again, or writes it as LKCD or another
# makedumpfile would have; the rest is shared.
entry_derive() {
    local to=$1
    mkdir "$to"
    cp -rl "$entry_parent"/{truth,console.log,kernel,planted} "$to/"
    scenario_recipe > "$to/recipe"
    if [[ ${setting[lkcd]} ]]; then
        lkcd_derive "$to" "$entry_parent/dump.kdump"
    elif [[ ${setting[filter]} ]]; then
        filter_derive "$to" "$entry_parent/dump.lzo"
    else
        cp -l "$entry_parent/dump.lzo" "$to/"
        formats_derive "$to"
    fi
}

# lkcd_derive FOLDER KDUMP: makes FOLDER/dump.FORM of each form wanted.
lkcd_derive() {
    local folder=$1 kdump=$2 form panic
    panic=$(sed -n 's/.*Kernel panic - not syncing: //p' "$folder/console.log" | head -n 1)
    if cmp -s -n 12 "$kdump" - <<< makedumpfile; then  # flattened, as QEMU writes it
        quietly makedumpfile -R "$folder.kdump" < "$kdump"
        kdump=$folder.kdump
    fi
    for form in ${setting[lkcd]}; do
        quietly perl "$factory/lkcd/convert.pl" "$kdump" "$folder/truth" "$panic" "$form" "$folder/dump.$form"
    done
}
