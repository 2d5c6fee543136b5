import Testing

/// The three built executables, over real sockets, on a real database. One after another: each test starts its own
/// processes, and what they prove about races they race themselves.
@Suite(.serialized)
struct EndToEndTests {}
