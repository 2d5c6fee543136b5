/// A named place on the way of an order at which a test can end or hold the process.
///
/// Release builds compile it to nothing.
@inlinable
package func faultPoint(_ name: StaticString) {}
