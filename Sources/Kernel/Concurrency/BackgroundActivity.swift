/// Something that goes on beside the requests until it is told to end.
package protocol BackgroundActivity: Sendable {
    /// Has it end as soon as it can, without waiting for that.
    func requestEnd()

    /// Waits for the end after `requestEnd`.
    ///
    /// - Returns: false when `deadline` comes first; what still goes on then ends with the process.
    func waitForEnd(by deadline: Deadline) -> Bool
}
