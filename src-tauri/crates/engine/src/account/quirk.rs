/// What a server was seen to do otherwise than the RFC has it. Learnt once, remembered with the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// LOGIN, CAPABILITY and SELECT in one flight were answered BAD, or not at all: they go out singly.
    NoLoginFlight,
}

impl Quirk {
    pub fn name(self) -> &'static str {
        match self {
            Quirk::NoLoginFlight => "no-login-flight",
        }
    }

    pub fn parse(name: &str) -> Option<Quirk> {
        [Quirk::NoLoginFlight].into_iter().find(|quirk| quirk.name() == name)
    }
}
