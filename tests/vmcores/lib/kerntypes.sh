# SPDX-License-Identifier: GPL-3.0-or-later
#
# A Kerntypes, as lcrash wants one: for kernels without BTF, types from the
# kernel's headers.

# Prints the path of the Kerntypes of the scenario's kernel, made if need be.
kerntypes_fetch() {
    kernel_resolve
    local name
    name=kerntypes/$(kernel_key)-$(cat "$factory"/lkcd/kerntypes.c "$factory/lib/kerntypes.sh" | sha256sum | cut -c 1-12)
    if [[ ! -e $cache/$name ]]; then
        [[ ${setting[arch]} = i386 ]] || fail "$1: a Kerntypes is made for i386 only: other kernels have BTF"
        headers_fetch
        cache_get "$name" kerntypes_build
    fi
    printf '%s\n' "$cache/$name/Kerntypes"
}

# Compiled as the kernel is: what changes a layout has to be the same.
kerntypes_build() {
    local to=$1 folder common
    mkdir "$to"
    folder=$headers_folder
    for common in "${folder%/*}"/linux-headers-*-common; do
        quietly env -C "$to" gcc -m32 -march=i686 -mregparm=3 -freg-struct-return -mpreferred-stack-boundary=2 -msoft-float \
            -std=gnu11 -O2 -g -fno-eliminate-unused-debug-types -fno-pie -fno-strict-aliasing -fshort-wchar -w \
            -nostdinc -D__KERNEL__ -DMODULE -DKBUILD_MODNAME='"kerntypes"' -DKBUILD_BASENAME='"kerntypes"' \
            -I"$common/arch/x86/include" -I"$folder/arch/x86/include/generated" -I"$common/include" -I"$folder/include" \
            -I"$common/arch/x86/include/uapi" -I"$folder/arch/x86/include/generated/uapi" \
            -I"$common/include/uapi" -I"$folder/include/generated/uapi" \
            -include "$common/include/linux/compiler-version.h" -include "$common/include/linux/kconfig.h" \
            -include "$common/include/linux/compiler_types.h" \
            -ffile-prefix-map="$cache=." -c "$factory/lkcd/kerntypes.c" -o "$to/Kerntypes"
    done
    [[ -s $to/Kerntypes ]] || fail "no headers of $kernel_release"
}
