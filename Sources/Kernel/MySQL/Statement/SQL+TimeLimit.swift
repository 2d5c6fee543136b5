internal import Concurrency

extension SQL {
    /// This `SELECT`, which the server gives up after `milliseconds`, or at about the deadline if that is earlier; other
    /// statements as they are.
    ///
    /// Each server reads its own form of the limit, and takes the other's for a comment. What is left until the deadline is
    /// rounded down to `milliseconds`, half of it, a quarter and so on, since connections keep prepared statements by their
    /// text.
    func limited(toMilliseconds milliseconds: Int, by deadline: Deadline) -> SQL {
        guard let rest = text.dropping("SELECT ") else { return self }
        let left = deadline.remainingMilliseconds
        var limit = milliseconds
        while limit > max(left, 1) { limit /= 2 }
        // Thousandths in digits of their own: a number with a point would depend on how it is printed.
        let thousandths = String(1000 + limit % 1000).dropFirst()
        var limited = self
        limited.text = StatementText("")
        limited.text.append("/*M! SET STATEMENT max_statement_time = \(limit / 1000).\(thousandths) FOR */ ")
        limited.text.append("SELECT /*+ MAX_EXECUTION_TIME(\(limit)) */ ")
        limited.text.append(rest)
        return limited
    }
}
