// swift-tools-version: 6.2
import PackageDescription

// No package dependencies, by decision of the product's users: everything that is not Swift's own comes from the
// distribution as a C library. `docs/decisions.md` gives the reason for each.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A kernel target: no room's business in it.
func kernel(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// A room: an executable that holds its whole story. No room depends on another.
func room(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "Orchestrator",
    products: [
        .executable(name: "CustomersAPI", targets: ["CustomersAPI"]),
        .executable(name: "OrdersAPI", targets: ["OrdersAPI"]),
        .executable(name: "Orchestrator", targets: ["Orchestrator"]),
    ],
    dependencies: [],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CMySQL", pkgConfig: "mysqlclient", providers: [.apt(["default-libmysqlclient-dev"])]),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        kernel("Threading"),
        kernel("Crypto", ["CCrypto"]),
        kernel("JSON"),
        kernel("Resilience"),
        kernel("Configuration"),
        kernel("Telemetry", ["Crypto", "JSON", "Threading"]),
        kernel("HTTPTypes", ["JSON"]),
        kernel(
            "HTTPServer", ["CMicroHTTPD", "Crypto", "HTTPTypes", "JSON", "Resilience", "Telemetry", "Threading"]),
        kernel("HTTPClient", ["CCurl", "HTTPTypes", "Resilience", "Threading"]),
        kernel("MySQL", ["CMySQL", "Crypto", "Resilience", "Threading"]),
        kernel("Idempotency", ["Crypto", "HTTPServer", "HTTPTypes", "JSON", "MySQL", "Resilience"]),
        kernel("LambdaRuntime", ["HTTPClient", "HTTPTypes", "JSON", "Resilience", "Telemetry"]),

        room(
            "CustomersAPI",
            [
                "Configuration", "HTTPServer", "HTTPTypes", "Idempotency", "JSON", "MySQL", "Resilience", "Telemetry",
                "Threading",
            ],
            resources: [.embedInCode("Migrations")]),
        room(
            "OrdersAPI",
            [
                "Configuration", "HTTPClient", "HTTPServer", "HTTPTypes", "Idempotency", "JSON", "MySQL", "Resilience",
                "Telemetry", "Threading",
            ],
            resources: [.embedInCode("Migrations")]),
        room(
            "Orchestrator",
            [
                "Configuration", "Crypto", "HTTPClient", "HTTPServer", "HTTPTypes", "JSON", "LambdaRuntime",
                "Resilience", "Telemetry", "Threading",
            ]),

        tests("HTTPServerTests", ["HTTPServer", "HTTPTypes", "JSON", "Resilience", "Telemetry", "Threading"]),
    ]
)
