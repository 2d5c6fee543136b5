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

/// What services are built from; it knows nothing of any one of them.
func kernel(_ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Kernel/\(name)", swiftSettings: strict + settings)
}

/// An executable that is complete by itself. No service depends on another.
func service(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// A function of Lambda as a user would write it, with the library's public part only.
func example(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Examples/\(name)", exclude: ["README.md", "event.json"],
        swiftSettings: strict)
}

/// Helpers that several test targets share, named for their job.
func support(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/Support/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A program that tests or benchmarks start.
func tool(_ name: String, _ dependencies: [Target.Dependency], path: String) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

let package = Package(
    name: "Orchestrator",
    products: [
        .executable(name: "CustomersAPI", targets: ["CustomersAPI"]),
        .executable(name: "OrdersAPI", targets: ["OrdersAPI"]),
        .executable(name: "Notifier", targets: ["Notifier"]),
        .executable(name: "PaymentSimulator", targets: ["PaymentSimulator"]),
        .executable(name: "Orchestrator", targets: ["Orchestrator"]),
        .library(name: "LambdaRuntime", targets: ["LambdaRuntime", "Telemetry"]),
        .library(name: "LambdaRuntimeFoundation", targets: ["LambdaRuntimeFoundation"]),
    ],
    dependencies: [],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CMySQL", pkgConfig: "mysqlclient", providers: [.apt(["default-libmysqlclient-dev"])]),
        .systemLibrary(name: "CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CEpoll", path: "Sources/Kernel/CEpoll"),
        .systemLibrary(name: "CMalloc", path: "Sources/Kernel/CMalloc"),

        kernel("Concurrency"),
        kernel("CurlLibrary", ["CCurl"]),
        kernel("Digests", ["CCrypto"]),
        kernel("JSON"),
        kernel("FaultPoints", settings: [.define("FAULT_POINTS", .when(configuration: .debug))]),
        kernel("Settings"),
        kernel("Resilience", ["Concurrency"]),
        kernel("HTTPMessages", ["Concurrency", "JSON"]),
        kernel("Telemetry", ["Concurrency", "Digests", "JSON"]),
        kernel("Components", ["Concurrency", "Telemetry"]),
        kernel("WebhookSignatures", ["Digests", "HTTPMessages"]),
        kernel("JSONWebTokens", ["CCrypto", "Digests", "JSON"]),
        kernel("MySQL", ["CMySQL", "Concurrency", "Digests", "Resilience", "Telemetry"]),
        kernel("OutboundAddresses", ["CCurl", "Settings"]),
        kernel("AMQP", ["CRabbitMQ", "Concurrency", "HTTPMessages", "Resilience", "Settings", "Telemetry"]),
        kernel(
            "CurlHTTPClient",
            [
                "CCurl", "Concurrency", "CurlLibrary", "HTTPMessages", "OutboundAddresses", "Resilience", "Settings",
                "Telemetry",
            ]),
        kernel(
            "TraceExport",
            [
                "Components", "Concurrency", "CurlHTTPClient", "Digests", "HTTPMessages", "JSON", "Resilience",
                "Settings",
                "Telemetry",
            ]),
        kernel("Mail", ["CCurl", "Concurrency", "CurlLibrary", "Digests", "OutboundAddresses", "Settings"]),
        kernel("EpollHTTPServer", ["CEpoll", "Concurrency", "FaultPoints", "HTTPMessages", "Resilience", "Telemetry"]),
        kernel(
            "WebApplication",
            ["Concurrency", "Digests", "HTTPMessages", "JSON", "OutboundAddresses", "Resilience", "Telemetry"]),
        kernel(
            "WebService",
            [
                "Components", "Concurrency", "CurlHTTPClient", "EpollHTTPServer", "HTTPMessages", "JSON",
                "OutboundAddresses", "Resilience", "Settings", "Telemetry", "TraceExport", "WebApplication",
            ]),
        kernel(
            "DatabaseWebService",
            [
                "Components", "Concurrency", "JSON", "MySQL", "Resilience", "Settings", "Telemetry", "TraceExport",
                "WebApplication", "WebService",
            ]),
        kernel("Idempotency", ["Concurrency", "Digests", "JSON", "MySQL", "Telemetry"]),
        kernel(
            "IdempotentReplies",
            [
                "Concurrency", "DatabaseWebService", "FaultPoints", "HTTPMessages", "Idempotency", "MySQL",
                "Telemetry", "WebApplication",
            ]),
        kernel(
            "ResourceRoutes",
            [
                "HTTPMessages", "Idempotency", "IdempotentReplies", "JSON", "Telemetry", "WebApplication",
            ]),
        kernel(
            "CustomerLookup",
            [
                "Concurrency", "CurlHTTPClient", "HTTPMessages", "JSON", "Resilience", "Settings", "Telemetry",
                "WebApplication",
            ]),
        kernel(
            "CustomerAccess",
            [
                "Concurrency", "CurlHTTPClient", "Digests", "HTTPMessages", "JSON", "JSONWebTokens", "Resilience",
                "Settings", "Telemetry", "WebApplication",
            ]),
        kernel(
            "CustomerErasures",
            [
                "Concurrency", "CurlHTTPClient", "DatabaseWebService", "FaultPoints", "HTTPMessages", "JSON", "MySQL",
                "Telemetry", "WebApplication",
            ]),
        kernel("WordSearch", ["Concurrency", "HTTPMessages", "MySQL", "Telemetry", "WebApplication"]),

        .target(
            name: "LambdaRuntime",
            dependencies: [
                "CMalloc", "Components", "Concurrency", "Digests", "HTTPMessages", "JSON", "Resilience", "Telemetry",
            ],
            swiftSettings: strict),
        .target(name: "LambdaRuntimeFoundation", dependencies: ["LambdaRuntime"], swiftSettings: strict),
        service(
            "CustomersAPI",
            [
                "Concurrency", "DatabaseWebService", "Digests", "FaultPoints", "HTTPMessages", "Idempotency",
                "IdempotentReplies", "JSON", "JSONWebTokens", "Mail", "MySQL", "OutboundAddresses", "Resilience",
                "ResourceRoutes", "Settings", "Telemetry", "WebApplication", "WebService", "WordSearch",
            ], resources: [.embedInCode("Migrations")]),
        service(
            "OrdersAPI",
            [
                "AMQP", "Components", "Concurrency", "CurlHTTPClient", "CustomerAccess", "CustomerErasures",
                "CustomerLookup", "DatabaseWebService", "Digests", "EpollHTTPServer",
                "FaultPoints", "HTTPMessages", "Idempotency", "IdempotentReplies", "JSON", "MySQL", "Resilience",
                "ResourceRoutes", "Settings", "Telemetry", "WebApplication", "WebService", "WordSearch",
            ], resources: [.embedInCode("Migrations")]),
        service(
            "Notifier",
            [
                "AMQP", "Components", "Concurrency", "CurlHTTPClient", "CustomerErasures", "CustomerLookup",
                "DatabaseWebService", "Digests", "FaultPoints", "HTTPMessages", "Idempotency", "IdempotentReplies",
                "JSON", "Mail", "MySQL",
                "OutboundAddresses",
                "ResourceRoutes", "Settings", "Telemetry", "WebApplication", "WebService", "WebhookSignatures",
            ], resources: [.embedInCode("Migrations")]),
        service(
            "PaymentSimulator",
            [
                "Concurrency", "DatabaseWebService", "Digests", "EpollHTTPServer", "FaultPoints", "HTTPMessages",
                "IdempotentReplies", "JSON", "MySQL", "Settings", "Telemetry", "WebApplication", "WebService",
            ], resources: [.embedInCode("Migrations")]),
        service(
            "Orchestrator",
            [
                "Components", "Concurrency", "CurlHTTPClient", "CustomerLookup", "Digests", "EpollHTTPServer",
                "FaultPoints", "HTTPMessages", "JSON", "LambdaRuntime", "Resilience", "Settings", "Telemetry",
                "TraceExport", "WebApplication", "WebService",
            ]),
        example("HelloHTTP", ["LambdaRuntime"]),
        example("OrderTotal", ["LambdaRuntimeFoundation"]),
        example("ThumbnailQueue", ["LambdaRuntime"]),

        support("JSONSchemas", ["JSON"]),
        support("RepositoryFiles"),
        support("ContractReading", ["Concurrency", "HTTPMessages", "JSON", "JSONSchemas", "RepositoryFiles"]),
        support("FreePorts", ["Concurrency"]),
        support("WatchedProcesses", ["Concurrency"]),
        support("DatabaseTesting", ["Concurrency", "FreePorts", "HTTPMessages", "MySQL", "WatchedProcesses"]),
        support(
            "RabbitTesting",
            ["AMQP", "Concurrency", "DatabaseTesting", "FreePorts", "RepositoryFiles", "WatchedProcesses"]),
        support("BlockingTesting", ["Concurrency"]),
        support("HostileInput"),
        support("PythonPrograms", ["Concurrency", "RepositoryFiles"]),
        support("TokenTesting", ["JSON", "PythonPrograms"]),
        support("SeededRandom"),
        support("ConcurrencyTesting", ["Concurrency"]),
        support("RawHTTP", ["HTTPMessages"]),
        support("ScriptedServer", ["Concurrency"]),
        support(
            "ServiceTesting",
            [
                "Concurrency", "ConcurrencyTesting", "ContractReading", "DatabaseTesting", "EpollHTTPServer",
                "HTTPMessages", "JSON", "MySQL", "Telemetry", "WebApplication",
            ]),
        support(
            "SystemTesting",
            [
                "Concurrency", "ContractReading", "CurlHTTPClient", "CustomersAPI", "DatabaseTesting", "Digests",
                "FreePorts", "HTTPMessages", "JSON", "JSONWebTokens", "MySQL", "Notifier", "Orchestrator", "OrdersAPI",
                "PaymentSimulator", "RepositoryFiles",
                "SeededRandom", "Telemetry", "WatchedProcesses",
            ]),
        tool("SignaledGroup", ["Components", "Concurrency", "Telemetry"], path: "Tests/Support/SignaledGroup"),
        tool("LambdaEcho", ["Concurrency", "JSON", "LambdaRuntime", "Telemetry"], path: "Tests/Support/LambdaEcho"),
        tool(
            "Chaos",
            [
                "Components", "Concurrency", "ContractReading", "CurlHTTPClient", "DatabaseTesting", "EpollHTTPServer",
                "FreePorts", "HTTPMessages", "HostileInput", "JSON", "MySQL", "RabbitTesting", "Resilience",
                "ScriptedServer", "SeededRandom", "SystemTesting", "Telemetry", "WebApplication", "WebhookSignatures",
            ], path: "Tests/Chaos"),
        tool(
            "BrokerBenchmark", ["AMQP", "Concurrency", "RabbitTesting"], path: "bench/broker/BrokerBenchmark"),
        tool(
            "InputBenchmark",
            [
                "HTTPMessages", "HostileInput", "JSON", "LambdaRuntime", "WebApplication",
            ], path: "bench/input/InputBenchmark"),
        tool(
            "InstructionBenchmark",
            ["Concurrency", "HTTPMessages", "JSON", "MySQL", "Telemetry", "WebApplication"],
            path: "bench/instructions/InstructionBenchmark"),
        tool("LambdaBenchmark", ["LambdaRuntime"], path: "bench/lambda/LambdaBenchmark"),

        tests(
            "AMQPTests",
            [
                "AMQP", "BlockingTesting", "Concurrency", "ConcurrencyTesting", "DatabaseTesting", "PythonPrograms",
                "RabbitTesting", "RepositoryFiles", "Resilience", "ScriptedServer", "Settings",
            ]),
        tests(
            "ComponentsTests",
            [
                "BlockingTesting", "Components", "Concurrency", "ConcurrencyTesting", "JSON", "SignaledGroup",
                "SystemTesting", "Telemetry",
            ]),
        tests("ConcurrencyTests", ["BlockingTesting", "Concurrency", "ConcurrencyTesting", "Resilience"]),
        tests(
            "ContractTests",
            [
                "BlockingTesting", "ContractReading", "CustomerLookup", "CustomersAPI", "DatabaseWebService",
                "HTTPMessages", "JSON", "JSONSchemas", "Notifier", "Orchestrator", "OrdersAPI", "PaymentSimulator",
                "RepositoryFiles", "Settings", "Telemetry", "WebApplication",
            ]),
        tests(
            "CurlHTTPClientTests",
            [
                "BlockingTesting", "Concurrency", "ConcurrencyTesting", "CurlHTTPClient", "DatabaseTesting",
                "HTTPMessages", "OutboundAddresses", "PythonPrograms", "Resilience", "ScriptedServer", "Settings",
                "Telemetry",
            ]),
        tests(
            "CustomersAPITests",
            [
                "BlockingTesting", "Concurrency", "ConcurrencyTesting", "ContractReading", "CurlHTTPClient",
                "CustomerAccess", "CustomersAPI", "DatabaseTesting", "DatabaseWebService", "Digests", "HTTPMessages",
                "HostileInput",
                "JSON",
                "JSONWebTokens", "Mail", "MySQL", "OutboundAddresses", "PythonPrograms", "Resilience", "SeededRandom",
                "ServiceTesting", "Settings", "SystemTesting", "Telemetry", "WebApplication", "WordSearch",
            ]),
        tests(
            "DatabaseWebServiceTests",
            [
                "BlockingTesting", "Components", "Concurrency", "ConcurrencyTesting", "DatabaseTesting",
                "DatabaseWebService", "HTTPMessages", "IdempotentReplies", "JSON", "MySQL", "ServiceTesting",
                "Settings", "WebApplication", "WebService",
            ]),
        tests(
            "CustomerAccessTests",
            [
                "BlockingTesting", "Concurrency", "ConcurrencyTesting", "CurlHTTPClient", "CustomerAccess",
                "HTTPMessages",
                "JSON", "JSONWebTokens", "ScriptedServer", "Settings", "Telemetry", "TokenTesting", "WebApplication",
            ]),
        tests("DigestsTests", ["Digests", "SeededRandom"]),
        tests(
            "EndToEndTests",
            [
                "BlockingTesting", "Chaos", "Concurrency", "ConcurrencyTesting", "ContractReading", "CurlHTTPClient",
                "DatabaseTesting", "Digests", "FreePorts", "HTTPMessages", "HostileInput", "JSON", "JSONSchemas",
                "LambdaEcho", "MySQL", "PythonPrograms", "RawHTTP", "RepositoryFiles", "Resilience", "ScriptedServer",
                "SeededRandom", "SystemTesting", "TokenTesting",
            ]),
        tests(
            "EpollHTTPServerTests",
            [
                "BlockingTesting", "Concurrency", "ConcurrencyTesting", "EpollHTTPServer", "HTTPMessages", "JSON",
                "RawHTTP", "Telemetry", "WebApplication",
            ]),
        tests("FaultPointsTests", ["FaultPoints"]),
        tests("HTTPMessagesTests", ["HTTPMessages", "JSON", "SeededRandom"]),
        tests(
            "IdempotencyTests",
            [
                "BlockingTesting", "Concurrency", "ConcurrencyTesting", "DatabaseTesting", "DatabaseWebService",
                "HTTPMessages", "Idempotency", "IdempotentReplies", "JSON", "MySQL", "ServiceTesting", "Telemetry",
                "WebApplication",
            ]),
        tests("JSONTests", ["JSON", "SeededRandom"]),
        tests(
            "JSONWebTokensTests",
            [
                "BlockingTesting", "Digests", "JSON", "JSONWebTokens", "RepositoryFiles", "SeededRandom",
                "TokenTesting",
            ]),
        tests(
            "LambdaRuntimeTests",
            [
                "BlockingTesting", "Concurrency", "ConcurrencyTesting", "Digests", "FreePorts", "HTTPMessages",
                "HelloHTTP", "HostileInput", "JSON", "LambdaEcho", "LambdaRuntime", "LambdaRuntimeFoundation",
                "OrderTotal", "Resilience", "ScriptedServer", "SeededRandom", "Telemetry", "ThumbnailQueue",
            ]),
        tests(
            "MailTests",
            [
                "BlockingTesting", "Concurrency", "ConcurrencyTesting", "DatabaseTesting", "Digests", "JSON", "Mail",
                "OutboundAddresses", "PythonPrograms", "ScriptedServer", "SeededRandom", "Settings",
            ]),
        tests(
            "MySQLTests",
            ["BlockingTesting", "Concurrency", "ConcurrencyTesting", "DatabaseTesting", "FreePorts", "MySQL"]),
        tests(
            "NotifierTests",
            [
                "AMQP", "BlockingTesting", "Components", "Concurrency", "ConcurrencyTesting", "ContractReading",
                "CurlHTTPClient", "CustomerErasures", "CustomersAPI", "DatabaseTesting", "DatabaseWebService",
                "Digests", "FreePorts",
                "HTTPMessages", "JSON", "JSONSchemas", "Mail", "MySQL", "Notifier", "OutboundAddresses",
                "PythonPrograms", "RabbitTesting", "RawHTTP", "ScriptedServer", "ServiceTesting", "Settings",
                "SystemTesting", "Telemetry", "WebApplication", "WebhookSignatures",
            ]),
        tests(
            "OrchestratorTests",
            [
                "BlockingTesting", "Concurrency", "CustomersAPI", "DatabaseTesting", "DatabaseWebService",
                "HTTPMessages", "JSON", "LambdaRuntime", "MySQL", "Orchestrator", "OrdersAPI", "ScriptedServer",
                "ServiceTesting", "Settings", "Telemetry", "WebApplication",
            ]),
        tests(
            "OrdersAPITests",
            [
                "BlockingTesting", "Components", "Concurrency", "ConcurrencyTesting", "CurlHTTPClient",
                "CustomerAccess", "CustomerErasures", "CustomerLookup",
                "CustomersAPI", "DatabaseTesting", "DatabaseWebService", "Digests", "HTTPMessages", "HostileInput",
                "JSON", "JSONWebTokens", "MySQL", "OrdersAPI", "RabbitTesting", "ScriptedServer", "SeededRandom",
                "ServiceTesting", "Settings", "SystemTesting", "Telemetry", "WebApplication", "WordSearch",
            ]),
        tests("OutboundAddressesTests", ["OutboundAddresses", "SeededRandom", "Settings"]),
        tests(
            "PaymentSimulatorTests",
            [
                "BlockingTesting", "Concurrency", "ContractReading", "DatabaseTesting", "DatabaseWebService",
                "HTTPMessages", "JSON", "JSONSchemas", "MySQL", "PaymentSimulator", "PythonPrograms",
                "RepositoryFiles", "ServiceTesting", "Settings", "SystemTesting", "Telemetry", "WebApplication",
            ]),
        tests("ResilienceTests", ["Concurrency", "ConcurrencyTesting", "Resilience", "SeededRandom"]),
        tests("SettingsTests", ["Concurrency", "Settings"]),
        tests(
            "TelemetryTests",
            ["BlockingTesting", "Concurrency", "ConcurrencyTesting", "JSON", "SeededRandom", "Telemetry"]),
        tests(
            "TraceExportTests",
            [
                "BlockingTesting", "Components", "Concurrency", "ConcurrencyTesting", "CurlHTTPClient", "HTTPMessages",
                "JSON", "PythonPrograms", "ScriptedServer", "Settings", "Telemetry", "TraceExport",
            ]),
        tests(
            "WebApplicationTests",
            [
                "BlockingTesting", "Concurrency", "ConcurrencyTesting", "HTTPMessages", "HostileInput", "JSON",
                "OutboundAddresses", "Resilience", "SeededRandom", "Telemetry", "WebApplication",
            ]),
        tests(
            "WebServiceTests",
            [
                "Components", "Concurrency", "ConcurrencyTesting", "CurlHTTPClient", "EpollHTTPServer", "HTTPMessages",
                "JSON", "Resilience", "Settings", "Telemetry", "WebApplication", "WebService",
            ]),
        tests(
            "WebhookSignaturesTests",
            [
                "BlockingTesting", "Digests", "HTTPMessages", "JSON", "PythonPrograms", "RepositoryFiles",
                "WebhookSignatures",
            ]),
        tests(
            "WordSearchTests",
            [
                "BlockingTesting", "Concurrency", "DatabaseTesting", "DatabaseWebService", "HTTPMessages", "MySQL",
                "ServiceTesting", "Telemetry", "WebApplication", "WordSearch",
            ]),
    ]
)

// SwiftPM compiles a target anew only when one that it names has changed. Where a type further below got another size, what was
// compiled for the old one would crash; so each target names all that are below it.
let names = Dictionary(
    uniqueKeysWithValues: package.targets.map { target in
        let names = target.dependencies.compactMap { dependency in
            if case .byNameItem(let name, _) = dependency { name } else { nil }
        }
        return (target.name, Set(names))
    })

@MainActor func below(_ name: String) -> Set<String> {
    (names[name] ?? []).reduce(into: []) { found, name in found.formUnion(below(name).union([name])) }
}

for target in package.targets { target.dependencies = below(target.name).sorted().map { .byName(name: $0) } }
