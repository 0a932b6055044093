# SPDX-License-Identifier: GPL-3.0-or-later
#
# Guests of another architecture ("arch" in a scenario). What such a guest runs
# is its own busybox; kexec and makedumpfile of it are nowhere at hand, so QEMU
# writes the dump: dump-guest-memory, with VMCOREINFO by way of its vmcoreinfo
# device and the guest's module qemu_fw_cfg.
#
# Packages come through an apt of its own under the cache, with this machine's
# sources; this machine's dpkg doesn't learn of the architecture.

# Sets APT_CONFIG for what follows, if the scenario's packages are not of this
# machine's architecture.
foreign_apt() {
    local root=$cache/apt/${setting[arch]} lock
    [[ ${setting[arch]} ]] || return 0
    export APT_CONFIG=$root/apt.conf
    [[ ! $root/updated -nt /var/lib/apt/lists ]] || return 0
    mkdir -p "$cache/locks" "$root"/{state/lists/partial,cache/archives/partial}
    exec {lock}>"$cache/locks/apt%${setting[arch]}"
    flock "$lock"
    if [[ ! $root/updated -nt /var/lib/apt/lists ]]; then
        : > "$root/status"
        cat > "$APT_CONFIG" <<END
APT::Architecture "${setting[arch]}";
APT::Architectures { "${setting[arch]}"; };
APT::Sandbox::User "root";
Dir::State "$root/state";
Dir::State::status "$root/status";
Dir::Cache "$root/cache";
END
        # A mirror in the middle of its update lacks an index now and then; what
        # is missing in the end is told by the package that isn't found.
        apt-get update -qq >"$root/log" 2>&1 {lock}>&- || true
        touch "$root/updated"
    fi
    exec {lock}>&-
}

# Sets foreign_busybox.
foreign_fetch() {
    cache_get "busybox/${setting[arch]}" foreign_unpack
    foreign_busybox=$cache/busybox/${setting[arch]}/bin/busybox
}

foreign_unpack() {
    local to=$1
    mkdir "$to" "$to.deb"
    quietly env -C "$to.deb" apt-get download -q busybox-static
    dpkg-deb -x "$to.deb"/busybox-static_*.deb "$to"
}

foreign_build() {
    local to=$1 work=$2
    foreign_initramfs "$work"
    foreign_run "$work" "$to"
    foreign_truth "$work/disk.img" "$to"
    [[ -s $to/truth/tasks ]] || guest_failed "$work" 'the guest died before its time'
    tr -d '\r' < "$work/console.log" > "$to/console.log"
    log_check "$to/console.log" "$work"
}

foreign_truth() {
    PATH=$PATH:/usr/sbin:/sbin debugfs -R "rdump /truth $2" "$1" >/dev/null 2>"$2.log"
    [[ ! -d $2/truth ]] || chmod -R u+rwX "$2/truth"
}

foreign_initramfs() {
    local work=$1 root=$1/guest
    local -a names
    mkdir -p "$root"/{bin,proc,sys,dev,tmp,out,factory}
    cp "$foreign_busybox" "$root/bin/busybox"
    cp "$factory"/guest/{steps,truth} "$root/factory/"
    cp "$factory/foreign/init" "$root/init"
    read -ra names <<< "${setting[modules]}"
    modules_add "$root" "${names[@]}"
    printf '%s' "${section[setup]}" > "$root/factory/setup"
    printf '%s' "${section[facts]}" > "$root/factory/facts"
    printf '%s' "${section[die]}" > "$root/factory/die"
    image_end "$root" "$work/initramfs"
}

# Boots the guest, waits until it has panicked, and has QEMU write the dumps.
foreign_run() {
    local work=$1 to=$2 qemu status=0 monitor format
    local -A option=([elf]='' [kdump]=-z)  # Debian's QEMU has neither lzo nor snappy
    local -a command machine
    read -ra machine <<< "${setting[machine]}"
    command=(
        "${machine[@]}" -accel tcg -cpu "${setting[cpu]}"
        -smp "${setting[cpus]}" -m "${setting[memory]}"
        -kernel "$kernel_folder/vmlinuz" -initrd "$work/initramfs" -append "${setting[cmdline]}"
        -drive "file=$work/disk.img,format=raw,if=none,id=disk,cache=unsafe"
        -device virtio-blk-pci,drive=disk,romfile= -device vmcoreinfo -nic none
        -display none -serial "file:$work/console.log" -monitor stdio -no-reboot
    )
    truncate -s 512M "$work/disk.img"
    PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F -t ext2 "$work/disk.img"
    : > "$work/console.log"
    mkfifo "$work/monitor"
    exec {monitor}<>"$work/monitor"
    timeout --foreground --kill-after=10 "${setting[timeout]}" \
        "${command[@]}" <&"$monitor" >"$work/qemu.log" 2>&1 {monitor}<&- &
    qemu=$!
    until grep -q '^\(\[.*\] \)\?---\[ end Kernel panic\|^factory: FAILED' "$work/console.log"; do
        kill -0 "$qemu" 2>/dev/null || break
        sleep 0.2
    done
    for format in ${setting[formats]}; do
        printf 'dump-guest-memory %s %s\n' "${option[$format]}" "$to/dump.$format"
    done >&"$monitor"
    printf 'quit\n' >&"$monitor"
    wait "$qemu" || status=$?
    exec {monitor}>&-
    for format in ${setting[formats]}; do
        [[ -s $to/dump.$format ]] || guest_failed "$work" "$(guest_reason "$work" "$status")"
    done
}
