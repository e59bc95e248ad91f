//! Names of what the simulator itself has many of.

use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $word:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($word, "{}"), self.0)
            }
        }
    };
}

number!(
    /// A host with its disk. In the beginning there is one for each node, in their order; an HSM that is
    /// started twice brings another one for the same node.
    MachineId, u16, "machine "
);
number!(
    /// One run of an HSM program, counted over the whole world.
    Life, u32, "life "
);
number!(
    /// A client: a device of a person, or an enemy's program.
    ClientId, u16, "client "
);
number!(
    /// Something that a client wants, from its first request to its outcome.
    OperationId, u32, "operation "
);
number!(
    /// One frame of a client on its way to one machine. A frame that is sent again is another exchange.
    ExchangeId, u64, "exchange "
);
