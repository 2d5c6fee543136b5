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

/// A function of Lambda as a user would write it, with the library's public part only.
func example(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Examples/\(name)", exclude: ["README.md", "event.json"],
        swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// Tests of one room, or of what rooms are made of, against a real database.
func roomTests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    let common: [Target.Dependency] = [
        "HTTPServer", "HTTPTypes", "JSON", "MySQL", "Resilience", "RoomTesting", "SeededRandom", "Telemetry",
        "TestSupport",
        "Threading",
    ]
    return tests(name, common + dependencies)
}

let package = Package(
    name: "Orchestrator",
    products: [
        .executable(name: "CustomersAPI", targets: ["CustomersAPI"]),
        .executable(name: "OrdersAPI", targets: ["OrdersAPI"]),
        .executable(name: "Orchestrator", targets: ["Orchestrator"]),
        .library(
            name: "LambdaRuntime", targets: ["LambdaRuntime", "HTTPTypes", "JSON", "Resilience", "Telemetry"]),
    ],
    dependencies: [],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CMySQL", pkgConfig: "mysqlclient", providers: [.apt(["default-libmysqlclient-dev"])]),
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CMalloc"),

        kernel("Threading", ["Resilience"]),
        kernel("Crypto", ["CCrypto"]),
        kernel("JSON"),
        .target(
            name: "FaultPoints", swiftSettings: strict + [.define("FAULT_POINTS", .when(configuration: .debug))]),
        kernel("Resilience"),
        kernel("Configuration"),
        kernel("Telemetry", ["Crypto", "JSON", "Resilience", "Threading"]),
        kernel("HTTPTypes", ["JSON"]),
        kernel(
            "HTTPServer",
            ["CEpoll", "Crypto", "FaultPoints", "HTTPTypes", "JSON", "Resilience", "Telemetry", "Threading"]),
        kernel("HTTPClient", ["CCurl", "FaultPoints", "HTTPTypes", "Resilience", "Threading"]),
        kernel("MySQL", ["CMySQL", "Crypto", "FaultPoints", "Resilience", "Threading"]),
        kernel(
            "ServiceLifecycle",
            ["Configuration", "HTTPClient", "HTTPServer", "HTTPTypes", "Resilience", "Telemetry", "Threading"]),
        kernel(
            "DatabaseLifecycle",
            [
                "Configuration", "HTTPServer", "MySQL", "Resilience", "ServiceLifecycle", "Telemetry", "Threading",
            ]),
        kernel(
            "Idempotency",
            [
                "Crypto", "DatabaseLifecycle", "FaultPoints", "HTTPServer", "HTTPTypes", "JSON", "MySQL", "Resilience",
                "Telemetry",
            ]),
        kernel(
            "WordSearch",
            ["DatabaseLifecycle", "HTTPServer", "HTTPTypes", "MySQL", "Resilience", "Telemetry", "Threading"]),
        kernel(
            "LambdaRuntime",
            ["CMalloc", "Crypto", "HTTPTypes", "JSON", "Resilience", "Telemetry", "Threading"]),

        room(
            "CustomersAPI",
            [
                "Configuration", "DatabaseLifecycle", "HTTPServer", "HTTPTypes", "Idempotency", "JSON", "MySQL",
                "Resilience", "ServiceLifecycle", "Telemetry", "Threading", "WordSearch",
            ],
            resources: [.embedInCode("Migrations")]),
        room(
            "OrdersAPI",
            [
                "Configuration", "DatabaseLifecycle", "FaultPoints", "HTTPClient", "HTTPServer", "HTTPTypes",
                "Idempotency", "JSON", "MySQL", "Resilience", "ServiceLifecycle", "Telemetry", "Threading",
                "WordSearch",
            ],
            resources: [.embedInCode("Migrations")]),
        room(
            "Orchestrator",
            [
                "Configuration", "Crypto", "FaultPoints", "HTTPClient", "HTTPServer", "HTTPTypes", "JSON",
                "LambdaRuntime", "Resilience", "ServiceLifecycle", "Telemetry", "Threading",
            ]),

        example("HelloHTTP", ["HTTPTypes", "JSON", "LambdaRuntime"]),
        example("ThumbnailQueue", ["JSON", "LambdaRuntime"]),

        .target(
            name: "ScriptedServer", dependencies: ["Threading"], path: "Tests/ScriptedServer", swiftSettings: strict),
        .target(name: "HostileText", path: "Tests/HostileText", swiftSettings: strict),
        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: strict),
        tests(
            "ApplicationTests",
            [
                "HTTPServer", "HTTPTypes", "HostileText", "JSON", "Resilience", "SeededRandom", "Telemetry",
                "Threading",
            ]),
        tests("ConfigurationTests", ["Configuration"]),
        tests("FaultPointsTests", ["FaultPoints"]),
        tests("CryptoTests", ["Crypto", "SeededRandom"]),
        tests("JSONTests", ["JSON", "SeededRandom"]),
        tests("ResilienceTests", ["Resilience", "SeededRandom"]),
        tests("HTTPTypesTests", ["HTTPTypes", "JSON"]),
        tests(
            "ServiceLifecycleTests",
            ["Configuration", "HTTPClient", "HTTPServer", "HTTPTypes", "ServiceLifecycle", "Telemetry"]),
        tests("TelemetryTests", ["JSON", "Resilience", "SeededRandom", "Telemetry", "Threading"]),
        tests("ThreadingTests", ["Resilience", "Threading"]),
        tests("HTTPClientTests", ["HTTPClient", "HTTPTypes", "Resilience", "ScriptedServer", "Threading"]),
        .executableTarget(
            name: "LambdaEcho", dependencies: ["JSON", "LambdaRuntime", "Resilience", "Telemetry"],
            path: "Tests/LambdaEcho", swiftSettings: strict),
        tests(
            "LambdaRuntimeTests",
            [
                "Crypto", "HTTPTypes", "HelloHTTP", "HostileText", "JSON", "LambdaEcho", "LambdaRuntime", "Resilience",
                "ScriptedServer", "SeededRandom", "Telemetry", "ThumbnailQueue", "Threading",
            ]),

        .executableTarget(
            name: "InputBenchmark",
            dependencies: ["HTTPServer", "HTTPTypes", "HostileText", "JSON", "LambdaRuntime"],
            path: "bench/input/InputBenchmark", swiftSettings: strict),
        .executableTarget(
            name: "LambdaBenchmark",
            dependencies: ["HTTPTypes", "LambdaRuntime"],
            path: "bench/lambda/LambdaBenchmark", swiftSettings: strict),

        .target(
            name: "TestSupport", dependencies: ["HTTPTypes", "JSON", "MySQL", "Resilience", "Threading"],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("MySQLTests", ["MySQL", "Resilience", "TestSupport", "Threading"]),
        tests(
            "ContractTests",
            [
                "Configuration", "CustomersAPI", "DatabaseLifecycle", "HTTPServer", "HTTPTypes", "JSON",
                "Orchestrator", "OrdersAPI", "TestSupport",
            ]),
        .target(name: "RawHTTP", dependencies: ["HTTPTypes"], path: "Tests/RawHTTP", swiftSettings: strict),
        tests(
            "HTTPServerTests",
            ["HTTPServer", "HTTPTypes", "JSON", "RawHTTP", "Resilience", "SeededRandom", "Telemetry", "Threading"]),
        .target(
            name: "SystemTesting",
            dependencies: [
                "Crypto", "CustomersAPI", "HTTPClient", "HTTPTypes", "JSON", "MySQL", "Orchestrator", "OrdersAPI",
                "Resilience", "SeededRandom", "Telemetry", "TestSupport", "Threading",
            ],
            path: "Tests/SystemTesting", swiftSettings: strict),
        .executableTarget(
            name: "Chaos",
            dependencies: [
                "HTTPClient", "HTTPServer", "HTTPTypes", "JSON", "MySQL", "Resilience", "ScriptedServer", "SeededRandom",
                "SystemTesting", "Telemetry", "TestSupport", "Threading",
            ],
            path: "Tests/Chaos", swiftSettings: strict),
        tests(
            "EndToEndTests",
            [
                "Chaos", "HTTPClient", "HTTPTypes", "HostileText", "JSON", "LambdaEcho", "MySQL", "RawHTTP",
                "Resilience",
                "ScriptedServer", "SeededRandom", "SystemTesting", "TestSupport", "Threading",
            ]),

        .target(
            name: "RoomTesting",
            dependencies: [
                "HTTPServer", "HTTPTypes", "JSON", "MySQL", "Resilience", "Telemetry", "TestSupport", "Threading",
            ],
            path: "Tests/RoomTesting", swiftSettings: strict),
        roomTests("DatabaseLifecycleTests", ["Configuration", "DatabaseLifecycle", "ServiceLifecycle"]),
        roomTests("WordSearchTests", ["DatabaseLifecycle", "WordSearch"]),
        roomTests("IdempotencyTests", ["DatabaseLifecycle", "Idempotency"]),
        roomTests("CustomersAPITests", ["Configuration", "CustomersAPI", "DatabaseLifecycle", "WordSearch"]),
        roomTests(
            "OrdersAPITests",
            [
                "Configuration", "Crypto", "CustomersAPI", "DatabaseLifecycle", "HTTPClient", "OrdersAPI",
                "ScriptedServer", "WordSearch",
            ]),
        roomTests(
            "OrchestratorTests",
            [
                "Configuration", "CustomersAPI", "DatabaseLifecycle", "LambdaRuntime", "Orchestrator", "OrdersAPI",
                "ScriptedServer",
            ]),
    ]
)
