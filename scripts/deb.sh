#!/usr/bin/env bash
# The Debian package, from programs that are built already: node, client, portal and connector, with settings, manual pages and
# completion (which the programs write themselves), documents, the devnet's genesis. Needs Debian's own tools alone.
#   scripts/deb.sh build FOLDER   packs the four programs in FOLDER into target/debian/
#   scripts/deb.sh check          looks into the package, unpacks it, and runs what is in it
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
debian=node/senimd/debian
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

need() {
    for tool in "$@"; do
        command -v "$tool" >/dev/null || {
            echo "$tool is missing. It is in Debian's package dpkg (or dpkg-dev); the package is built on Debian." >&2
            exit 1
        }
    done
}

need dpkg dpkg-deb gzip
architecture=$(dpkg --print-architecture)
package=$target/debian/senim_${version}_${architecture}.deb

# The same sources give the same package.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)
fi
export SOURCE_DATE_EPOCH

depends() {
    # Reads of the programs which libraries they need. It wants a source package around it.
    local folder
    if command -v dpkg-shlibdeps >/dev/null; then
        folder=$(mktemp -d)
        mkdir "$folder/debian"
        printf 'Source: senim\n\nPackage: senim\nArchitecture: any\n' >"$folder/debian/control"
        (cd "$folder" && dpkg-shlibdeps -O "$@" 2>/dev/null) | sed -n 's/^shlibs:Depends=//p'
        rm -r "$folder"
    else
        echo "libc6, libgcc-s1"
    fi
}

build() {
    local from root doc program
    from=$(cd "$1" && pwd)
    root=$target/debian/root
    rm -rf "$root" "$package"
    install -d -m 0755 "$root"
    for program in senimd senim; do
        install -D -m 0755 "$from/$program" "$root/usr/bin/$program"
        ! command -v strip >/dev/null || strip --strip-unneeded "$root/usr/bin/$program"
        "$root/usr/bin/$program" man "$root/usr/share/man/man1" >/dev/null
        install -d "$root/usr/share/bash-completion/completions" "$root/usr/share/zsh/vendor-completions" \
            "$root/usr/share/fish/vendor_completions.d"
        "$root/usr/bin/$program" completion bash >"$root/usr/share/bash-completion/completions/$program"
        "$root/usr/bin/$program" completion zsh >"$root/usr/share/zsh/vendor-completions/_$program"
        "$root/usr/bin/$program" completion fish >"$root/usr/share/fish/vendor_completions.d/$program.fish"
    done
    # Services beside the node: what a portal, a clinic and a pharmacy run.
    for program in senim-portal senim-connector; do
        install -D -m 0755 "$from/$program" "$root/usr/bin/$program"
        ! command -v strip >/dev/null || strip --strip-unneeded "$root/usr/bin/$program"
    done
    gzip -9n "$root"/usr/share/man/man1/*.1
    install -D -m 0644 $debian/senimd.service "$root/lib/systemd/system/senimd.service"
    install -D -m 0644 $debian/senim.sysusers "$root/usr/lib/sysusers.d/senim.conf"
    install -D -m 0644 $debian/senimd.env "$root/etc/senim/senimd.env"
    doc=$root/usr/share/doc/senim
    install -d "$doc"
    install -m 0644 $debian/copyright "$doc/copyright"
    install -m 0644 CHANGELOG.md "$doc/CHANGELOG.md"
    gzip -9nc CHANGELOG.md >"$doc/changelog.gz"
    cp -r docs "$doc/docs"
    install -d "$root/usr/share/senim"
    cp -r genesis "$root/usr/share/senim/genesis"
    find "$root" -type d -exec chmod 0755 {} +
    find "$root" -type f ! -path '*/usr/bin/*' -exec chmod 0644 {} +

    install -d -m 0755 "$root/DEBIAN"
    sed -e "s/@version@/$version/" -e "s/@architecture@/$architecture/" \
        -e "s/@size@/$(du -sk --exclude=DEBIAN "$root" | cut -f1)/" \
        -e "s/@depends@/$(depends "$root"/usr/bin/senim*)/" \
        $debian/control >"$root/DEBIAN/control"
    install -m 0644 $debian/conffiles "$root/DEBIAN/conffiles"
    install -m 0755 $debian/postinst $debian/prerm $debian/postrm "$root/DEBIAN/"
    (cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
    find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
    echo "$package"
}

# A step of the check: what it is, and the command that has to succeed.
step() {
    local what=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        echo "ok    $what"
    else
        echo "FAIL  $what: $*" >&2
        cat "$work/said" >&2
        exit 1
    fi
}

holds_everything() {
    local path
    dpkg-deb -c "$package" >"$work/list"
    for path in ./usr/bin/senimd ./usr/bin/senim ./usr/bin/senim-portal ./usr/bin/senim-connector ./lib/systemd/system/senimd.service ./usr/lib/sysusers.d/senim.conf \
        ./etc/senim/senimd.env ./usr/share/man/man1/senimd.1.gz ./usr/share/man/man1/senimd-doctor.1.gz \
        ./usr/share/man/man1/senim.1.gz ./usr/share/bash-completion/completions/senim \
        ./usr/share/bash-completion/completions/senimd ./usr/share/zsh/vendor-completions/_senimd \
        ./usr/share/fish/vendor_completions.d/senimd.fish ./usr/share/doc/senim/copyright \
        ./usr/share/doc/senim/docs/operating/README.md ./usr/share/doc/senim/docs/operating/runbooks.md \
        ./usr/share/doc/senim/docs/operating/alerts.yml ./usr/share/senim/genesis/devnet.toml \
        ./usr/share/senim/genesis/contracts/treasury.wasm; do
        grep -q " $path\$" "$work/list" || { echo "$path is not in it"; return 1; }
    done
    # Everything belongs to root, and nobody else may write to anything.
    ! grep -vE '^[-d]rw[-x]r-[-x]r-[-x] root/root ' "$work/list"
}

settings_are_kept() {
    [ "$(dpkg-deb --ctrl-tarfile "$package" | tar -xO ./conffiles)" = /etc/senim/senimd.env ]
}

makes_a_machine() {
    "$root/usr/bin/senimd" init --machines --validators 1 --dir "$work/net" --port 27101 --network-port 27301 \
        --template "$root/usr/share/senim/genesis/devnet.toml" --contracts "$root/usr/share/senim/genesis/contracts"
}

starts_and_ends() {
    local process tries=0
    # As the unit starts it: settings from the package's own file, but for the folder.
    (
        set -a
        # shellcheck disable=SC1091
        . "$root/etc/senim/senimd.env"
        SENIM_DIR=$machine
        exec "$root/usr/bin/senimd" start
    ) 2>"$work/log" &
    process=$!
    until "$root/usr/bin/senim" status --node http://127.0.0.1:27101 --dir "$work/net"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! kill -0 "$process"; then
            cat "$work/log"
            return 1
        fi
        sleep 0.2
    done
    "$root/usr/bin/senimd" doctor --dir "$machine"
    kill -TERM "$process"
    wait "$process"
    grep -q '"message":"the node is started"' "$work/log"
}

unit_is_sound() {
    # The program of the unit is looked for where it would be installed.
    sed "s|^ExecStart=/usr/bin|ExecStart=$root/usr/bin|" "$root/lib/systemd/system/senimd.service" >"$work/senimd.service"
    systemd-analyze verify --man=no "$work/senimd.service"
}

unit_is_narrow() {
    # 0 is a program that can do nothing, 10 one that can do everything.
    systemd-analyze security --offline=true --no-pager --threshold=25 "$work/senimd.service"
}

check() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    root=$work/root
    machine=$work/net/machines/validator-1
    step "the package holds what it should" holds_everything
    step "its settings are kept over an upgrade" settings_are_kept
    step "it unpacks" dpkg-deb -x "$package" "$root"
    step "its programs run" "$root/usr/bin/senimd" --version
    step "they make a machine's folder from the package's own genesis" makes_a_machine
    step "doctor finds nothing broken" "$root/usr/bin/senimd" doctor --dir "$machine"
    step "the node starts with the package's settings, answers, and ends when it is told to" starts_and_ends
    if command -v systemd-analyze >/dev/null; then
        step "systemd understands the unit" unit_is_sound
        step "systemd finds the unit narrow enough" unit_is_narrow
    else
        echo "skip  systemd-analyze is not here: nobody has read the unit"
    fi
    if command -v lintian >/dev/null; then
        step "lintian finds no error" lintian --fail-on error "$package"
    else
        echo "skip  lintian is not here: nobody has judged the package by Debian's rules"
    fi
}

case "${1:-}" in
build) build "${2:?the folder with the programs}" ;;
check) check ;;
*)
    echo "usage: scripts/deb.sh build FOLDER | check" >&2
    exit 2
    ;;
esac
