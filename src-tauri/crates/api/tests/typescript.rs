//! `ui/src/gen/api.ts` is what the Rust types say. `SATCHEL_WRITE_TYPES=1` (as `make types` sets it) writes it.

#[test]
fn the_interface_has_the_types_of_today() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ui/src/gen/api.ts");
    let now = satchel_api::typescript::api();
    if std::env::var_os("SATCHEL_WRITE_TYPES").is_some() {
        std::fs::write(path, &now).expect("ui/src/gen can be written");
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(there, now, "ui/src/gen/api.ts is old: run `make types`");
}
