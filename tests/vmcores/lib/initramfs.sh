# SPDX-License-Identifier: GPL-3.0-or-later
#
# The two initramfs images: the guest's, and the crash kernel's, which lies
# inside the guest's. Neither is compressed, which boots faster without KVM.

# module_order NAME...: the files of these modules and of what they depend on,
# in the order of insertion. What is built in is left out.
module_order() {
    local name=$1 file depends
    declare -A module_seen=()
    for name in "$@"; do
        module_visit "$name"
    done
}

module_visit() {
    local name=${1//-/_} file depends
    [[ -v module_seen[$name] ]] && return
    module_seen[$name]=1
    file=$(find "$kernel_folder/modules" -regex ".*/${name//_/[-_]}\.ko\(\.xz\)?" | head -n 1)
    if [[ ! $file ]]; then
        grep -q "/${name//_/[-_]}\.ko\$" "$kernel_folder/modules/modules.builtin" ||
            fail "$kernel_release has no module $name"
        return 0
    fi
    depends=$(module_text "$file" | tr '\0' '\n' | sed -n 's/^depends=//p')
    for name in ${depends//,/ }; do
        module_visit "$name"
    done
    printf '%s\n' "$file"
}

module_text() {
    case $1 in
        *.xz) xz -dc "$1" ;;
        *) cat "$1" ;;
    esac
}

# Modules under lib/modules, numbered in their order.
modules_add() {
    local root=$1 file name number=100
    shift
    mkdir -p "$root/lib/modules"
    for file in $(module_order "$@"); do
        name=$(basename "${file%.xz}")
        module_text "$file" > "$root/lib/modules/$number-$name"
        number=$((number + 1))
    done
}

# A program in /opt, which comes first in the guest's PATH (busybox has applets
# of the same names that can do less), and the libraries it needs.
program_add() {
    local root=$1 program library
    program=$(PATH=$PATH:/usr/sbin:/sbin command -v "$2") || fail "no program $2 on this machine"
    mkdir -p "$root/opt"
    cp -L "$program" "$root/opt/"
    # Static programs make ldd fail, and need nothing.
    for library in $(ldd "$program" 2>/dev/null | grep -o '/[^ ]*' || true); do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
}

image_begin() {
    mkdir -p "$1"/{bin,proc,sys,dev,tmp,out,factory}
    cp -L "$(command -v busybox)" "$1/bin/busybox"
    cp "$factory"/guest/* "$1/factory/"
    printf '%s=%q\n' level "${setting[level]}" formats "${setting[formats]}" > "$1/factory/settings"
}

image_end() {
    chmod -R a+rX "$1"
    (cd "$1" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0) > "$2"
}

# initramfs_make FOLDER: leaves FOLDER/initramfs. Modules of ours are taken from
# FOLDER/build.
initramfs_make() {
    local work=$1 program
    local -a names

    image_begin "$work/capture"
    mv "$work/capture/factory/capture" "$work/capture/init"
    read -ra names <<< "${setting[capture_modules]}"
    modules_add "$work/capture" "${names[@]}"
    program_add "$work/capture" makedumpfile

    image_begin "$work/guest"
    mv "$work/guest/factory/init" "$work/guest/init"
    read -ra names <<< "${setting[modules]}"
    modules_add "$work/guest" "${names[@]}"
    for program in ${setting[programs]}; do
        program_add "$work/guest" "$program"
    done
    if [[ ${setting[build]} ]]; then
        cp "$work"/build/*.ko "$work/guest/factory/"
    fi
    printf '%s' "${section[setup]}" > "$work/guest/factory/setup"
    printf '%s' "${section[facts]}" > "$work/guest/factory/facts"
    printf '%s' "${section[die]}" > "$work/guest/factory/die"
    cp "$kernel_folder/vmlinuz" "$work/guest/factory/vmlinuz"
    image_end "$work/capture" "$work/guest/factory/capture.img"
    image_end "$work/guest" "$work/initramfs"
}
