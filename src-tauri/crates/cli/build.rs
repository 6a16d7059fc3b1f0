//! `serve` embeds the interface: built anew, it is embedded anew.

fn main() {
    println!("cargo:rerun-if-changed=../../../ui/dist");
}
