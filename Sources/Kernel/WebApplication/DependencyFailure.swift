/// Why another service could not be used: the cause of a problem, for the log.
package struct DependencyFailure: Error, CustomStringConvertible {
    package let description: String

    package init(reason: String) { description = reason }
}
