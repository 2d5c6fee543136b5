/// A named place on the way of an order at which a test can end or hold the process, to see that nothing is lost or done
/// twice whatever happens there.
///
/// Release builds compile it to nothing.
@inlinable @inline(__always)
package func faultPoint(_ name: StaticString) {
    #if FAULT_POINTS
        _ = passFaultPoint(name)
    #endif
}

/// A `faultPoint` just before a reply is written, at which a test can also lose the reply.
///
/// - Returns: whether the connection is to be closed without the reply; in release builds never.
@inlinable @inline(__always)
package func faultPointLosesReply(_ name: StaticString) -> Bool {
    #if FAULT_POINTS
        passFaultPoint(name)
    #else
        false
    #endif
}

#if FAULT_POINTS
    /// Whether the reply is to be lost.
    @usableFromInline
    func passFaultPoint(_ name: StaticString) -> Bool {
        FaultPlan.ofThisProcess?.pass(name.description) == .loseReply
    }
#endif
