# SPDX-License-Identifier: GPL-3.0-or-later
#
# From the guest's disk to the files of an entry. The guest writes what only it
# can write (an lzo dump of nearly everything, and ELF); the rest is made from
# the lzo dump here, which takes two seconds and gives the same files.

# disk_extract DISK FOLDER: takes the files out, with neither mount nor root.
disk_extract() {
    local work=$2.disk
    mkdir "$work"
    PATH=$PATH:/usr/sbin:/sbin debugfs -R "rdump / $work" "$1" >/dev/null 2>"$work.log"
    chmod -R u+rwX "$work"
    mv "$work/truth" "$2/truth"
    mv "$work"/dump.* "$2/"
}

# formats_derive FOLDER: makes dump.kdump, dump.flat and dmesg.txt as wanted
# from FOLDER/dump.lzo.
formats_derive() {
    local folder=$1 wanted=" ${setting[formats]} "
    quietly makedumpfile --dump-dmesg "$folder/dump.lzo" "$folder/dmesg.txt"
    if [[ $wanted = *' kdump '* ]]; then
        quietly makedumpfile -c -d "${setting[level]}" "$folder/dump.lzo" "$folder/dump.kdump"
    fi
    if [[ $wanted = *' flat '* ]]; then
        makedumpfile -F -c -d "${setting[level]}" "$folder/dump.lzo" \
            > "$folder/dump.flat" 2> "$folder.log" || fail "makedumpfile: $(cat "$folder.log")"
    fi
    if [[ $wanted != *' lzo '* ]]; then
        rm "$folder/dump.lzo"
    fi
    chmod u+rw,go+r "$folder"/d*
}

quietly() {
    local output
    output=$("$@" 2>&1) || fail "$1: $output"
}
