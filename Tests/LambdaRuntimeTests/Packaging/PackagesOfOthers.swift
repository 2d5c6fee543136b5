/// The packages that a user of LambdaRuntime is likely to have beside it, with the names of their targets, tests apart, after
/// their manifests of November 2026: Apple's, the Swift server workgroup's, and what those two recommend.
///
/// A package manifest that names a target as one of these does cannot be resolved beside that package.
enum PackagesOfOthers {
    static let targets: KeyValuePairs<String, [String]> = [
        "async-http-client": ["AsyncHTTPClient", "CAsyncHTTPClient"],
        "console-kit": ["ConsoleKit", "ConsoleLogger", "ConsoleLoggerExample"],
        "fluent-kit": ["FluentBenchmark", "FluentKit", "FluentSQL", "XCTFluent"],
        "grpc-swift": ["GRPCCodeGen", "GRPCCore", "GRPCInProcessTransport"],
        "hummingbird": [
            "Hummingbird", "HummingbirdBenchmarks", "HummingbirdCore", "HummingbirdHTTP2", "HummingbirdRouter",
            "HummingbirdTLS", "HummingbirdTesting", "PerformanceTest",
        ],
        "mysql-kit": ["MySQLKit"],
        "mysql-nio": ["MySQLNIO"],
        "postgres-nio": ["PostgresNIO", "_ConnectionPoolModule", "_ConnectionPoolTestUtils"],
        "RediStack": ["RediStack", "RediStackTestUtils", "RedisTypes"],
        "soto-core": [
            "CSotoExpat", "INIParser", "SotoCore", "SotoSignerCloudFront", "SotoSignerV4", "SotoTestUtils", "SotoXML",
        ],
        "sql-kit": ["SQLKit", "SQLKitBenchmark"],
        "swift-asn1": ["SwiftASN1"],
        "swift-async-algorithms": ["AsyncAlgorithms", "AsyncSequenceValidation", "AsyncStreaming"],
        "swift-atomics": ["Atomics", "_AtomicsShims"],
        "swift-aws-lambda-events": ["AWSLambdaEvents"],
        "swift-aws-lambda-runtime": [
            "AWSLambdaPackager", "AWSLambdaRuntime", "AWSLambdaRuntimeCore", "AWSLambdaTesting", "MockServer",
        ],
        "swift-certificates": ["X509", "_CertificateInternals"],
        "swift-collections": [
            "BasicContainers", "BitCollections", "Collections", "ContainersPreview", "DequeModule",
            "HashTreeCollections", "HeapModule", "InternalCollectionsUtilities", "OrderedCollections",
            "SortedCollections", "TrailingElementsModule", "_RopeModule",
        ],
        "swift-configuration": ["Configuration", "ConfigurationTesting", "ConfigurationTestingInternal"],
        "swift-crypto": [
            "CCryptoBoringSSL", "CCryptoBoringSSLShims", "CXKCP", "CXKCPShims", "Crypto", "CryptoBoringWrapper",
            "CryptoExtras", "_CryptoExtras", "crypto-shasum",
        ],
        "swift-distributed-tracing": ["Instrumentation", "Tracing", "TracingMacros", "TracingMacrosImplementation"],
        "swift-http-api-proposal": [
            "AHCHTTPClient", "EchoServer", "ExampleMiddleware", "FetchHTTPClient", "HTTPAPIs", "HTTPClient",
            "HTTPClientConformance", "Middleware", "MiddlewareClient", "MiddlewareServer", "NetworkTypes",
            "ProxyServer", "URLSessionHTTPClient", "WasmClient",
        ],
        "swift-http-server": ["Example", "HTTPServer"],
        "swift-http-types": ["HTTPTypes", "HTTPTypesFoundation"],
        "swift-kafka-client": ["COpenSSL", "Crdkafka", "Kafka", "KafkaFoundationCompat"],
        "swift-log": ["InMemoryLogging", "Logging"],
        "swift-metrics": ["CoreMetrics", "Metrics", "MetricsTestKit"],
        "swift-nio": [
            "CNIOAtomics", "CNIODarwin", "CNIOFreeBSD", "CNIOLLHTTP", "CNIOLinux", "CNIOOpenBSD", "CNIOPosix",
            "CNIOSHA1", "CNIOWASI", "CNIOWindows", "NIO", "NIOConcurrencyHelpers", "NIOCore", "NIOEmbedded", "NIOFS",
            "NIOFSFoundationCompat", "NIOFileSystem", "NIOFoundationCompat", "NIOFoundationEssentialsCompat",
            "NIOHTTP1", "NIOPerformanceTester", "NIOPosix", "NIOTLS", "NIOTestUtils", "NIOWebSocket", "_NIOBase64",
            "_NIOConcurrency", "_NIODataStructures", "_NIOFileSystem", "_NIOFileSystemFoundationCompat",
        ],
        "swift-nio-extras": [
            "CNIOExtrasZlib", "HTTPServerWithQuiescingDemo", "NIOCertificateHelpers", "NIOCertificateReloading",
            "NIOExtras", "NIOExtrasPerformanceTester", "NIOHTTPCompression", "NIOHTTPResponsiveness", "NIOHTTPTypes",
            "NIOHTTPTypesHTTP1", "NIOHTTPTypesHTTP2", "NIONFS3", "NIOResumableUpload", "NIOSOCKS",
        ],
        "swift-nio-http2": ["NIOHPACK", "NIOHTTP2", "NIOHTTP2PerformanceTester", "NIOHTTP2Server"],
        "swift-nio-ssl": ["CNIOBoringSSL", "CNIOBoringSSLShims", "NIOSSL", "NIOSSLPerformanceTester", "NIOTLSServer"],
        "swift-openapi-generator": ["_OpenAPIGeneratorCore", "swift-openapi-generator"],
        "swift-openapi-runtime": ["OpenAPIRuntime"],
        "swift-otel": ["OTel", "OTelBenchmarks"],
        "swift-prometheus": ["Prometheus"],
        "swift-protobuf": ["SwiftProtobuf", "SwiftProtobufPluginLibrary", "protoc-gen-swift"],
        "swift-service-context": ["ServiceContextModule"],
        "swift-service-lifecycle": [
            "ConcurrencyHelpers", "ServiceLifecycle", "ServiceLifecycleTestKit", "UnixSignals",
        ],
        "swift-system": ["CSystem", "SystemPackage"],
        "swift-system-metrics": ["SystemMetrics"],
        "valkey-swift": ["Valkey", "ValkeyBloom", "ValkeyJSON", "ValkeySearch", "_ValkeyConnectionPool"],
        "vapor": ["Development", "Vapor", "VaporMacros", "VaporMacrosPlugin", "VaporTesting"],
        "webauthn-swift": ["WebAuthn"],
    ]
}
