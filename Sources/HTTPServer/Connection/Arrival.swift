package struct Arrival: Sendable {
    package let uptimeNanoseconds: UInt64
    package let remoteAddress: String
    package init(uptimeNanoseconds: UInt64, remoteAddress: String) {
        self.uptimeNanoseconds = uptimeNanoseconds
        self.remoteAddress = remoteAddress
    }
}
