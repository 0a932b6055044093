# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs the guest until its crash kernel has saved the dump and powered off.

# guest_run FOLDER: boots FOLDER/initramfs, leaves FOLDER/disk.img and
# FOLDER/console.log, and fails with the end of that log if all didn't go well.
guest_run() {
    local work=$1 qemu status=0 monitor
    local -a command=(
        qemu-system-x86_64 -accel tcg -M q35 -cpu "${setting[cpu]}"
        -smp "${setting[cpus]}" -m "${setting[memory]}"
        -kernel "$kernel_folder/vmlinuz" -initrd "$work/initramfs"
        -append "${setting[cmdline]} crashkernel=${setting[crashkernel]}"
        -drive "file=$work/disk.img,format=raw,if=virtio,cache=unsafe"
        -netdev user,id=net,restrict=on -device virtio-net-pci,netdev=net,romfile=
        -display none -serial "file:$work/console.log" -monitor stdio -no-reboot
    )
    truncate -s 2G "$work/disk.img"
    PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F -t ext2 "$work/disk.img"
    : > "$work/console.log"
    mkfifo "$work/monitor"
    exec {monitor}<>"$work/monitor"
    timeout --foreground --kill-after=10 "${setting[timeout]}" \
        "${command[@]}" <&"$monitor" >"$work/qemu.log" 2>&1 {monitor}<&- &
    qemu=$!
    host_act "$work/console.log" "$qemu" >&"$monitor"
    wait "$qemu" || status=$?
    exec {monitor}>&-
    grep -q '^factory: dump saved' "$work/console.log" ||
        guest_failed "$work" "$(guest_reason "$work" "$status")"
}

# Some ways to die need the host's hand: when the console shows host_when, host
# is printed, and what this prints goes to QEMU's monitor.
host_act() {
    [[ ${setting[host]} ]] || return 0
    until grep -qE -- "${setting[host_when]}" "$1"; do
        kill -0 "$2" 2>/dev/null || return 0
        sleep 0.2
    done
    sleep 1
    printf '%s\n' "${setting[host]}"
}

# guest_failed FOLDER REASON: shows the end of the console, and fails.
guest_failed() {
    local log=$cache/failed/${setting[name]}.log
    mkdir -p "$cache/failed"
    cp "$1/console.log" "$log"
    {
        printf '%s: the end of its console (all of it: %s):\n' "${setting[name]}" "$log"
        tail -n 40 "$log" | tr -d '\r' | sed 's/^/  | /'
    } >&2
    fail "${setting[name]}: $2"
}

# guest_reason FOLDER STATUS: why there is no dump.
guest_reason() {
    local said
    said=$(sed -n 's/\r$//; s/^factory: FAILED: //p' "$1/console.log" | head -n 1)
    if [[ $said ]]; then
        printf '%s\n' "$said"
        return
    fi
    case $2 in
        124 | 137) printf 'no dump after %s s\n' "${setting[timeout]}" ;;
        0) printf 'the guest ended without saving a dump\n' ;;
        *) printf 'QEMU ended with %s: %s\n' "$2" "$(tail -n 3 "$1/qemu.log")" ;;
    esac
}
