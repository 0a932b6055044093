# SPDX-License-Identifier: GPL-3.0-or-later
#
# Scenarios. STOP-KERNEL is made of scenarios/stops/STOP and scenarios/kernels/
# KERNEL; what isn't of that kind has a file of its own name in scenarios/. With
# @N after its name a scenario is made once more, as a dump of its own.
#
# In these files: "key = value", of which "key += value" adds a word, and then
# sections of free text, each begun by its name in brackets. "include = X" reads
# scenarios/common/X at that place. README.md lists keys and sections.

declare -A setting=() section=()

# The files that make up a scenario; none if there is no such scenario.
scenario_files() {
    local name=${1%@*} scenarios=$factory/scenarios
    if [[ -f $scenarios/$name ]]; then
        printf '%s\n' "$scenarios/$name"
    elif [[ -f $scenarios/kernels/${name#*-} && -f $scenarios/stops/${name%%-*} ]]; then
        printf '%s\n' "$scenarios/kernels/${name#*-}" "$scenarios/stops/${name%%-*}"
    fi
}

scenario_list() {
    local stop kernel file
    for kernel in "$factory"/scenarios/kernels/*; do
        for stop in "$factory"/scenarios/stops/*; do
            printf '%s-%s\n' "${stop##*/}" "${kernel##*/}"
        done
    done
    for file in "$factory"/scenarios/*; do
        [[ -d $file ]] || printf '%s\n' "${file##*/}"
    done
}

# scenario_load NAME: fills setting and section.
scenario_load() {
    local file
    setting=(
        [name]=$1 [run]='' [kernel]='' [from]='' [cpus]=2 [memory]=768 [crashkernel]=256M
        [cpu]=qemu64 [cmdline]='console=ttyS0 no_hash_pointers panic=1'
        [modules]='virtio_pci virtio_blk' [capture_modules]='virtio_pci virtio_blk' [build]=''
        [programs]='kexec' [level]=31 [formats]='kdump lzo' [host]='' [host_when]='' [timeout]=600
        [arch]='' [machine]='' [lkcd]='' [suite]='' [filter]=''
    )
    section=([setup]='' [facts]='' [die]='' [planted]='' [log]='')
    [[ $1 != *@* ]] || setting[run]=${1##*@}
    for file in $(scenario_files "$1"); do
        scenario_read "$file"
    done
    if [[ ${setting[from]} ]]; then
        setting[kernel]=$(scenario_load "${setting[from]}"; printf '%s' "${setting[kernel]}")
        setting[arch]=$(scenario_load "${setting[from]}"; printf '%s' "${setting[arch]}")
    fi
    [[ ${setting[kernel]} ]] || fail "$1: no kernel is given"
    [[ ${section[die]} ]] || section[die]='echo c > /proc/sysrq-trigger'
}

scenario_read() {
    local file=$1 current='' line key
    [[ -f $file ]] || fail "no such scenario file: $file"
    while IFS= read -r line || [[ $line ]]; do
        if [[ $line =~ ^\[([a-z]+)\]$ ]]; then
            current=${BASH_REMATCH[1]}
            [[ -v section[$current] ]] || fail "$file: unknown section [$current]"
        elif [[ $current ]]; then
            section[$current]+=$line$'\n'
        elif [[ $line =~ ^([a-z_]+)\ *(\+?)=\ *(.*)$ ]]; then
            key=${BASH_REMATCH[1]}
            if [[ $key = include ]]; then
                scenario_read "$factory/scenarios/common/${BASH_REMATCH[3]}"
                continue
            fi
            [[ -v setting[$key] ]] || fail "$file: unknown key: $key"
            if [[ ${BASH_REMATCH[2]} ]]; then
                setting[$key]+=" ${BASH_REMATCH[3]}"
            else
                setting[$key]=${BASH_REMATCH[3]}
            fi
        elif [[ $line != '' && $line != '#'* ]]; then
            fail "$file: not understood: $line"
        fi
    done < "$file"
}

# What decides a dump's contents, as text: the settings, the sections, the part
# of the factory that works on them and the host's programs that go into it.
scenario_recipe() {
    local key
    for key in $(printf '%s\n' "${!setting[@]}" | sort); do
        [[ $key != @(arch|machine|lkcd|suite|filter) || ${setting[$key]} ]] || continue
        printf '%s = %s\n' "$key" "${setting[$key]}"
    done
    for key in $(printf '%s\n' "${!section[@]}" | sort); do
        printf '[%s]\n%s' "$key" "${section[$key]}"
    done
    printf '[factory]\n'
    (cd "$factory" && sha256sum lib/initramfs.sh lib/boot.sh lib/formats.sh guest/*
        [[ ! ${setting[build]} ]] || sha256sum lib/build.sh "${setting[build]}"/*
        [[ ! ${setting[arch]} ]] || sha256sum lib/foreign.sh foreign/*
        [[ ! ${setting[lkcd]} ]] || sha256sum lkcd/*
        [[ ! ${setting[filter]} ]] || sha256sum lib/filter.sh)
    dpkg-query -W makedumpfile kexec-tools busybox-static
}
