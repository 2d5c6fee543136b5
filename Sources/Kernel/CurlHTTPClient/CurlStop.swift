private import CCurl
internal import Concurrency

/// Ends a handle's transfer when it is told to stop.
///
/// libcurl holds an unretained pointer to it; the handle that owns both outlives every transfer.
final class CurlStop {
    private let stop: StopToken

    init(_ stop: StopToken) { self.stop = stop }

    /// - Parameter handle: libcurl's `CURL *`.
    /// - Returns: false when libcurl refuses the option.
    func install(on handle: UnsafeMutableRawPointer) -> Bool {
        ccurl_set_progress(handle, curlMayGoOn, Unmanaged.passUnretained(self).toOpaque()) == CURLE_OK
    }

    fileprivate var isRequested: Bool { stop.isStopRequested }
}

/// - Returns: 0 to go on, 1 to give up.
private func curlMayGoOn(
    _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> Int32 {
    guard let context else { return 0 }
    return Unmanaged<CurlStop>.fromOpaque(context).takeUnretainedValue().isRequested ? 1 : 0
}
