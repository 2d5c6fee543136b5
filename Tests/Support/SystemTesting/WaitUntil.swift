import Concurrency
import Foundation

/// Asks again and again until `condition` holds; what it throws meanwhile counts as "not yet".
package func waitUntil(seconds: Int = 40, _ condition: () throws -> Bool) throws {
    let end = uptimeNanoseconds() + UInt64(seconds) * 1_000_000_000
    while (try? condition()) != true {
        guard uptimeNanoseconds() < end else {
            throw ServiceProcess.Failure(description: "What was waited for did not happen in \(seconds) s.")
        }
        Foundation.Thread.sleep(forTimeInterval: 0.05)
    }
}
