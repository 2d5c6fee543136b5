/// An error of a service, in the terms of its domain, that a client can be told of.
package protocol ProblemConvertible: Error {
    /// What a client is told.
    var problem: Problem { get }
}

extension Problem {
    /// Runs what a service does, and turns its error into what a client is told.
    package static func mapping<Value, Failure: ProblemConvertible>(
        _ body: () throws(Failure) -> Value
    ) throws(Problem) -> Value {
        do { return try body() } catch { throw error.problem }
    }
}
