private import CCurl
private import CurlLibrary
internal import HTTPMessages
internal import OutboundAddresses

/// One libcurl easy handle with its own kept-alive connections, for one thread at a time.
///
/// `CurlTransport` keeps a pool of them.
final class CurlHandle {
    private let easy: UnsafeMutableRawPointer
    /// The origin in libcurl's parsed form, made once and not for every request.
    private let url: OpaquePointer
    private var origin: Origin?
    private let exchange: CurlExchange
    /// Nil where the configuration alone says what is connected to.
    private let addressGuard: AddressGuard?
    /// Nil where nothing but time ends a transfer.
    private let stop: CurlStop?
    private let errorText: UnsafeMutablePointer<CChar>
    private let connectTimeoutMilliseconds: Int

    /// - Parameter outbound: what holds beside `configuration` for URLs that somebody else chose.
    /// - Throws: `TransportError.notSent` when libcurl has no memory or refuses an option.
    init(configuration: CurlTransportConfiguration, outbound: OutboundHandling? = nil) throws(TransportError) {
        guard CurlLibrary.isReady, let easy = curl_easy_init() else {
            throw .notSent(reason: "libcurl could not be initialized")
        }
        guard let url = curl_url() else {
            curl_easy_cleanup(easy)
            throw .notSent(reason: "no memory left")
        }
        self.easy = easy
        self.url = url
        exchange = CurlExchange(
            bodyBytesMax: configuration.replyBytesMax, bodyBytesReadMax: outbound?.replyBytesReadMax,
            headerBytesMax: configuration.replyHeaderBytesMax)
        addressGuard = outbound.map { AddressGuard(rule: $0.rule) }
        stop = configuration.stop.map(CurlStop.init)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        connectTimeoutMilliseconds = configuration.connectTimeoutMilliseconds
        let result = setLastingOptions(configuration, outbound)
        guard result == CURLE_OK else {
            throw .notSent(reason: "libcurl refused an option: \(String(cString: curl_easy_strerror(result)))")
        }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_url_cleanup(url)
        errorText.deallocate()
    }

    /// Blocks until the reply is complete.
    ///
    /// - Parameter timeoutMilliseconds: for everything together, at least 1.
    /// - Throws: `deadlineExceeded` when this limit, or the one for connecting, was reached.
    func perform(
        _ request: Request, to origin: Origin, timeoutMilliseconds: Int
    ) throws(TransportError) -> Response {
        try CurlHeaderList.check(request)
        let headers = try CurlHeaderList(request)
        exchange.begin()
        errorText[0] = 0
        // An absent pointer would make libcurl read the body from standard input.
        let result = request.body.withUnsafeBytes { body in
            perform(
                request, to: origin, headers: headers, body: body.baseAddress ?? UnsafeRawPointer(errorText),
                timeoutMilliseconds: timeoutMilliseconds)
        }
        guard result == CURLE_OK || isReplyUsable(after: result) else { throw failure(result) }
        // libcurl counts a reply that ends within its header fields as complete.
        guard exchange.isHeadComplete else { throw .maybeSent(reason: "the reply ended within its header fields") }
        return exchange.takeResponse(Status(responseCode))
    }

    private var responseCode: Int {
        var code = 0
        ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &code)
        return code
    }

    /// Where only the beginning of a body is kept, the final reply's status is the answer, however the body ended: cut here for
    /// its length, or there by a peer that counted wrong. Not one that took too long, so that nobody is believed who
    /// keeps a thread waiting.
    private func isReplyUsable(after result: CURLcode) -> Bool {
        addressGuard != nil && exchange.isHeadComplete && result != CURLE_OPERATION_TIMEDOUT && responseCode >= 200
    }

    private func perform(
        _ request: Request, to origin: Origin, headers: borrowing CurlHeaderList, body: UnsafeRawPointer,
        timeoutMilliseconds: Int
    ) -> CURLcode {
        // Each of these is set every time, so that nothing of one request reaches the next. Setting the body makes the
        // request a POST, hence before the method.
        let sendsBody = request.sendsBody
        var setup = CurlSetup()
        if origin != self.origin { setup.try(setOrigin(origin)) }
        let target = origin.basePath.isEmpty ? request.target : origin.basePath + request.target
        setup.try(ccurl_set_string(easy, CURLOPT_REQUEST_TARGET, target))
        setup.try(ccurl_set_headers(easy, headers.first))
        setup.try(ccurl_set_bytes(easy, CURLOPT_POSTFIELDS, body))
        setup.try(ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
        if sendsBody {
            setup.try(ccurl_set_long(easy, CURLOPT_POST, 1))
        } else if request.method == .head {
            setup.try(ccurl_set_long(easy, CURLOPT_NOBODY, 1))
        } else {
            setup.try(ccurl_set_long(easy, CURLOPT_HTTPGET, 1))
        }
        let isPlain = request.method == (sendsBody ? .post : .get) || request.method == .head
        setup.try(ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, isPlain ? nil : request.method.rawValue))
        let connectLimit = min(connectTimeoutMilliseconds, timeoutMilliseconds)
        setup.try(ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, connectLimit))
        setup.try(ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, timeoutMilliseconds))
        addressGuard?.begin(isEncrypted: origin.isEncrypted)
        let result = setup.result == CURLE_OK ? curl_easy_perform(easy) : setup.result
        ccurl_set_headers(easy, nil)
        return result
    }

    private func setOrigin(_ origin: Origin) -> CURLcode {
        self.origin = nil
        guard curl_url_set(url, CURLUPART_URL, origin.description, 0) == CURLUE_OK else { return CURLE_URL_MALFORMAT }
        let result = ccurl_set_url(easy, url)
        if result == CURLE_OK { self.origin = origin }
        return result
    }

    private func setLastingOptions(
        _ configuration: CurlTransportConfiguration, _ outbound: OutboundHandling?
    ) -> CURLcode {
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        var setup = CurlSetup()
        setup.try(ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1))
        setup.try(ccurl_set_long(easy, CURLOPT_TCP_NODELAY, 1))
        setup.try(ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)))
        setup.try(ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)))
        setup.try(ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0))
        // A name that moves to another machine in a rolling update is looked up again for the next connection: few are opened, and
        // the system's resolver has a cache of its own, which knows how long a name holds.
        setup.try(ccurl_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0))
        setup.try(ccurl_set_long(easy, CURLOPT_MAXCONNECTS, configuration.connectionsPerHandleMax))
        setup.try(ccurl_set_long(easy, CURLOPT_MAXAGE_CONN, configuration.idleConnectionSecondsMax))
        if outbound == nil {
            setup.try(ccurl_set_size(easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(configuration.replyBytesMax)))
        }
        // An empty name, unlike none, also stands against http_proxy and its kind in the environment; the second keeps libcurl
        // from looking there before each request.
        setup.try(ccurl_set_string(easy, CURLOPT_PROXY, ""))
        setup.try(ccurl_set_string(easy, CURLOPT_NOPROXY, "*"))
        setup.try(ccurl_set_string(easy, CURLOPT_USERAGENT, configuration.userAgent))
        // Of libcurl's built-in file and folder neither is read beside what is named here.
        if let path = configuration.caBundlePath {
            setup.try(ccurl_set_string(easy, CURLOPT_CAINFO, path))
            setup.try(ccurl_set_string(easy, CURLOPT_CAPATH, nil))
        } else if let path = configuration.caDirectoryPath {
            setup.try(ccurl_set_string(easy, CURLOPT_CAINFO, nil))
            setup.try(ccurl_set_string(easy, CURLOPT_CAPATH, path))
        }
        // libcurl's own defaults, stated since everything else rests on them.
        setup.try(ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1))
        setup.try(ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2))
        if let identity = configuration.identity {
            setup.try(ccurl_set_string(easy, CURLOPT_SSLCERT, identity.certificatePath))
            setup.try(ccurl_set_string(easy, CURLOPT_SSLKEY, identity.keyPath))
        }
        let mustEncrypt = outbound.map { !$0.rule.permitsUnencrypted } ?? false
        setup.try(mustEncrypt ? ccurl_allow_only_https(easy) : ccurl_allow_only_http(easy))
        if let addressGuard { setup.try(addressGuard.install(on: easy) ? CURLE_OK : CURLE_FAILED_INIT) }
        if let stop { setup.try(stop.install(on: easy) ? CURLE_OK : CURLE_FAILED_INIT) }
        setup.try(ccurl_leave_resolver_behind(easy))
        setup.try(ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        setup.try(ccurl_set_receive(easy, CURLOPT_HEADERFUNCTION, curlReceivedHeader))
        setup.try(ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        setup.try(ccurl_set_receive(easy, CURLOPT_WRITEFUNCTION, curlReceivedBody))
        setup.try(ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        setup.try(ccurl_set_before_request(easy, curlWillTransmit, context))
        return setup.result
    }

    /// Whether a request may have been sent is what libcurl did, not what its error is called: a connection that is
    /// refused after a kept-alive one broke is the same error as one refused at first.
    private func failure(_ result: CURLcode) -> TransportError {
        if result == CURLE_FILESIZE_EXCEEDED { return .replyTooLarge(bytesMax: exchange.bodyBytesMax) }
        if let bytesMax = exchange.exceededBytesMax { return .replyTooLarge(bytesMax: bytesMax) }
        if !exchange.wasTransmitted, let refused = addressGuard?.refused { return .addressRefused("\(refused)") }
        if result == CURLE_OPERATION_TIMEDOUT { return .deadlineExceeded(maybeSent: exchange.wasTransmitted) }
        let detail = errorText[0] == 0 ? String(cString: curl_easy_strerror(result)) : String(cString: errorText)
        let reason =
            exchange.wasRepetitionStopped
            ? "the other side closed the connection without a reply" : "\(detail) (libcurl \(result.rawValue))"
        return exchange.wasTransmitted ? .maybeSent(reason: reason) : .notSent(reason: reason)
    }

    static var resolvesInBackground: Bool { ccurl_resolves_in_background() }
}

/// The first refusal among several options.
private struct CurlSetup {
    private(set) var result = CURLE_OK

    mutating func `try`(_ next: CURLcode) {
        if result == CURLE_OK { result = next }
    }
}
