/// The fewest of `commands`, in their order, that still fail: none of them can be left out any more.
///
/// - Parameter fails: runs some of the commands anew, from the beginning.
package func shrunk<Command>(_ commands: [Command], fails: ([Command]) -> Bool) -> [Command] {
    var kept = commands
    var size = max(kept.count / 2, 1)
    while true {
        var isShorter = false
        var index = 0
        while index < kept.count {
            var fewer = kept
            fewer.removeSubrange(index..<min(index + size, kept.count))
            if fails(fewer) {
                kept = fewer
                isShorter = true
            } else {
                index += size
            }
        }
        if size == 1, !isShorter { return kept }
        size = max(size / 2, 1)
    }
}
