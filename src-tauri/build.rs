//! Embeds the interface, and gives each of our commands a permission of its own, so that none can be
//! called unless `capabilities/` names it.

fn main() {
    let commands = tauri_build::AppManifest::new().commands(&["rpc", "cancel", "open_link"]);
    if let Err(error) =
        tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))
    {
        println!(
            "cargo:warning=the interface is embedded from ui/dist: `cd ui && npm ci && npm run build` makes it"
        );
        println!("cargo:error={error:#}");
        std::process::exit(1);
    }
}
