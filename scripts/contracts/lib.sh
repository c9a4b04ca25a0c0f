# Shared by build.sh and check.sh; sourced after toolchain.env, with $here and $root set.

say() { echo "contracts: $*" >&2; }

rustc_version() { (cd "$root/contracts" && rustc --version) | cut -d' ' -f2-; }

# Names of the crates that are contracts, sorted.
contract_names() {
    sed -n '/^\[package.metadata.senim\]/,/^\[dep/s/^contract = "\(.*\)"$/\1/p' "$root"/contracts/*/Cargo.toml | sort
}

# The standard library that the committed manifest names, or nothing.
manifest_value() { sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" "$root/genesis/contracts/manifest.toml" 2>/dev/null || true; }

has_rustup_std() { [ -d "$(rustc --print sysroot)/lib/rustlib/$WASM_TARGET" ]; }

has_source_std() {
    case "$(rustc_version)" in
    "$RUST_VERSION "*) ;;
    *)
        say "the source of Rust $RUST_VERSION's standard library fits that compiler only; this one is $(rustc_version)"
        return 1
        ;;
    esac
    library=$("$here/fetch-std.sh") || return 1
}

has_std() {
    case "$1" in
    source) has_source_std ;;
    rustup) has_rustup_std ;;
    *)
        say "SENIM_WASM_STD is source or rustup"
        return 1
        ;;
    esac
}

# Sets $std, and $library where it is `source`.
choose_std() {
    for std in ${SENIM_WASM_STD:-$(manifest_value std) source rustup}; do
        if has_std "$std"; then
            return 0
        fi
    done
    say "no standard library for $WASM_TARGET: run 'rustup target add $WASM_TARGET', or see docs/contracts.md"
    return 1
}

# What a contract is compiled with, once $std is chosen: sets $flags and $build_std, and exports what cargo needs.
contract_flags() {
    separator=$(printf '\037')
    flags="-C${separator}link-arg=-zstack-size=$STACK_BYTES"
    # No path of this machine may show in an artefact.
    flags="$flags${separator}--remap-path-prefix=$root=/senim"
    flags="$flags${separator}--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    build_std=
    if [ "$std" = source ]; then
        flags="$flags${separator}--remap-path-prefix=$library=/rust/library"
        RUSTC_BOOTSTRAP=1
        __CARGO_TESTS_ONLY_SRC_ROOT=$library
        export RUSTC_BOOTSTRAP __CARGO_TESTS_ONLY_SRC_ROOT
        build_std="-Zbuild-std=core,alloc"
    fi
}
