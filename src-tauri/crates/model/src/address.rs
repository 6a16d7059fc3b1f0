use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One mailbox of RFC 5322 3.4: a display name, perhaps, and an addr-spec as it was written.
/// `address` is not proved to be well formed: mail from outside holds anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Address {
    pub name: Option<String>,
    pub address: String,
}

impl Address {
    pub fn new(name: Option<&str>, address: &str) -> Self {
        Self {
            name: name.filter(|n| !n.is_empty()).map(str::to_owned),
            address: address.to_owned(),
        }
    }

    /// The part after the last `@`, where there is one.
    pub fn domain(&self) -> Option<&str> {
        self.address.rsplit_once('@').map(|(_, domain)| domain).filter(|d| !d.is_empty())
    }
}
