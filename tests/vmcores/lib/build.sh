# SPDX-License-Identifier: GPL-3.0-or-later
#
# Modules of our own, built against the kernel's headers.

# module_build WORK FOLDER: builds the folder of the factory that the scenario's
# "build" names. Leaves modules for the guest in WORK, and the same with their
# debug information in FOLDER/modules. They have no BTF: that would need vmlinux
# and pahole.
module_build() {
    local work=$1 output
    cp -r "$factory/${setting[build]}" "$work"
    # The folder's name is chance; it shall not get into messages.
    output=$(make -C "$headers_folder" M="$work" CONFIG_DEBUG_INFO_BTF_MODULES= \
        KCFLAGS="-ffile-prefix-map=$work=${setting[build]}" modules 2>&1) ||
        fail "${setting[name]}: building ${setting[build]}: $output"
    mkdir "$2/modules"
    cp "$work"/*.ko "$2/modules/"
    strip --strip-debug "$work"/*.ko
}
