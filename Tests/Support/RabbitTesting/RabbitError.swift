/// A broker that tests need does not start, or does not do what it is told.
package struct RabbitError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
