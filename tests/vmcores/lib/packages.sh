# SPDX-License-Identifier: GPL-3.0-or-later
#
# Debian's kernel packages, fetched and unpacked into the cache; nothing is
# installed. A scenario names a meta package, and what that stands for today is
# asked of apt.

# Sets kernel_package, kernel_release (as uname -r has it) and kernel_version
# (the package's) from the scenario's meta package. Asking apt takes two seconds,
# so the answer is kept until its lists change.
kernel_resolve() {
    local meta=${setting[suite]:+${setting[suite]}%}${setting[kernel]} resolved
    local answer=$cache/resolved/$meta
    [[ ${kernel_resolved:-} = "$meta" ]] && return
    foreign_apt
    suite_apt
    if [[ ! $answer -nt /var/lib/apt/lists ]]; then
        mkdir -p "$cache/resolved"
        resolved=$(kernel_ask "${setting[kernel]}")
        printf '%s\n' "$resolved" > "$answer.$BASHPID"
        mv "$answer.$BASHPID" "$answer"
    fi
    read -r kernel_package kernel_version < "$answer"
    kernel_release=${kernel_package#linux-image-}
    kernel_resolved=$meta
}

# Sets APT_CONFIG for what follows, if the scenario's kernel is of another release
# of Debian ("suite"): an apt of its own under the cache, with the mirrors that
# this machine's apt uses.
suite_apt() {
    local suite=${setting[suite]} root=$cache/apt/${setting[suite]} lock mirror codename
    [[ $suite ]] || return 0
    if [[ ! $root/updated -nt /var/lib/apt/lists ]]; then
        mkdir -p "$cache/locks" "$root"/{state/lists/partial,cache/archives/partial}
        exec {lock}>"$cache/locks/apt%$suite"
        flock "$lock"
        : > "$root/status"
        # shellcheck disable=SC2016
        apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(CODENAME)' 'Created-By: Packages' | grep '^Debian ' | sort -u |
            while read -r _ mirror codename; do
                case $codename in
                    *-updates | *-backports*) continue ;;
                    *-security) codename=$suite-security ;;
                    *) codename=$suite ;;
                esac
                printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
                    "$mirror" "$codename"
            done > "$root/sources.list"
        cat > "$root/apt.conf" <<END
APT::Sandbox::User "root";
Dir::State "$root/state";
Dir::State::status "$root/status";
Dir::Cache "$root/cache";
Dir::Etc::sourcelist "$root/sources.list";
Dir::Etc::sourceparts "/dev/null";
END
        APT_CONFIG=$root/apt.conf apt-get update -qq >"$root/log" 2>&1 {lock}>&- || true
        touch "$root/updated"
        exec {lock}>&-
    fi
    export APT_CONFIG=$root/apt.conf
}

kernel_ask() {
    local package version
    package=$(apt-cache depends --important "$1" 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1) || true
    package=${package:-$1}
    version=$(apt-cache policy "$package" 2>/dev/null | sed -n 's/^ *Candidate: //p')
    [[ $version && $version != '(none)' ]] ||
        fail "no package $package: is it in the sources, was apt-get update run?"
    printf '%s %s\n' "$package" "$version"
}

kernel_key() {
    kernel_resolve
    printf '%s_%s' "$kernel_release" "${kernel_version//:/%}"
}

# package_fetch PACKAGE FOLDER: the package's .deb, in FOLDER; prints its path.
package_fetch() {
    local log
    mkdir -p "$2"
    log=$(cd "$2" && apt-get download -q -o APT::Sandbox::User=root "$1=$kernel_version" 2>&1) ||
        fail "cannot fetch $1=$kernel_version: $log"
    printf '%s\n' "$2/${1}"_*.deb
}

# Sets kernel_folder: vmlinuz, config, and modules/ with the release's modules.
kernel_fetch() {
    kernel_resolve
    cache_get "kernels/$(kernel_key)" kernel_unpack
    kernel_folder=$cache/kernels/$(kernel_key)
    if [[ $cache_found = made ]]; then
        say "kernel $kernel_release ($kernel_version): fetched"
    fi
}

kernel_unpack() {
    local to=$1 deb
    deb=$(package_fetch "$kernel_package" "$to.deb")
    dpkg-deb -x "$deb" "$to.root"
    mkdir "$to"
    mv "$to.root/boot/vmlinuz-$kernel_release" "$to/vmlinuz"
    mv "$to.root/boot/config-$kernel_release" "$to/config"
    # Newer packages have usr/lib where older ones have lib: two patterns, one of which matches.
    mv "$to.root"/{usr/,}li[b]/modules/"$kernel_release" "$to/modules"
}

# Sets headers_folder, in which modules can be built against the kernel.
headers_fetch() {
    cache_get "headers/$(kernel_key)" headers_unpack
    headers_folder=$cache/headers/$(kernel_key)/usr/src/linux-headers-$kernel_release
}

headers_unpack() {
    local to=$1 package deb
    mkdir "$to"
    for package in "linux-headers-$kernel_release" \
        $(apt-cache depends --important "linux-headers-$kernel_release" |
            sed -nE 's/^ *Depends: (linux-(headers|kbuild)-.*)/\1/p')
    do
        deb=$(package_fetch "$package" "$to.deb")
        dpkg-deb -x "$deb" "$to"
    done
    # The only path in there that supposes the packages to be installed.
    sed -i 's,^include /usr/src/,include ../,' "$to/usr/src/linux-headers-$kernel_release/Makefile"
}

# Prints the paths of vmlinux and System.map, fetching them if need be. (The
# image package's own System.map is a stub.)
debuginfo_fetch() {
    kernel_resolve
    cache_get "debuginfo/$(kernel_key)" debuginfo_unpack
    printf '%s\n' "$cache/debuginfo/$(kernel_key)"/{vmlinux,System.map}
}

debuginfo_unpack() {
    local to=$1 deb
    printf 'fetching the debug package of %s\n' "$kernel_release" >&2
    deb=$(package_fetch "$kernel_package-dbg" "$to.deb")
    mkdir -p "$to" "$to.root"
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$to.root" --wildcards './usr/lib/debug/boot/*'
    mv "$to.root/usr/lib/debug/boot/vmlinux-$kernel_release" "$to/vmlinux"
    mv "$to.root/usr/lib/debug/boot/System.map-$kernel_release" "$to/System.map"
}
