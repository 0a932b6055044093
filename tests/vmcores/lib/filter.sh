# SPDX-License-Identifier: GPL-3.0-or-later
#
# Another release's makedumpfile ("filter" in a scenario), for what this one's is
# built without: Debian 12's knows no zstd, Debian 13's does. It runs with this
# machine's libraries.

# Sets filter_program.
filter_fetch() {
    cache_get "makedumpfile/${setting[filter]}" filter_unpack
    filter_program=$cache/makedumpfile/${setting[filter]}/usr/bin/makedumpfile
}

filter_unpack() (
    setting[suite]=${setting[filter]}
    suite_apt
    mkdir "$1" "$1.deb"
    quietly env -C "$1.deb" apt-get download -q -o APT::Sandbox::User=root makedumpfile
    dpkg-deb -x "$1.deb"/makedumpfile_*.deb "$1"
    quietly "$1/usr/bin/makedumpfile" -v
)

# filter_derive FOLDER LZO: makes the files of FOLDER that "formats" asks for.
filter_derive() {
    local folder=$1 lzo=$2 format
    for format in ${setting[formats]}; do
        case $format in
            zstd) quietly "$filter_program" -z -d "${setting[level]}" "$lzo" "$folder/dump.zstd" ;;
            zstd-flat)
                "$filter_program" -F -z -d "${setting[level]}" "$lzo" > "$folder/dump.zstd-flat" 2> "$folder.log" ||
                    fail "makedumpfile: $(cat "$folder.log")" ;;
            zstd-split)
                quietly "$filter_program" -z -d "${setting[level]}" --split "$lzo" "$folder"/dump.zstd-split{1,2,3} ;;
            *) fail "${setting[name]}: no such format: $format" ;;
        esac
    done
    chmod u+rw,go+r "$folder"/dump.*
}
