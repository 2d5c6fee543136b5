private import HTTPMessages
private import Settings
package import Telemetry
package import WebApplication

/// The API reference: a service's contract as it stands in `openapi/`, and a page that draws it in a browser.
///
/// The page's program comes from a package (`scripts/run` and the container image install it), so it lies in a folder of its own and
/// is read when somebody asks. Without the folder the service serves all else.
package struct ReferencePages: Sendable {
    private struct File {
        let path: String
        let mediaType: String
    }

    /// 8 MiB, of which the page's program has 1.6 and the longest contract a fifth.
    private static let fileBytesMax = 8 << 20

    /// Everything from here, as the page needs it: neither inline scripts nor styles, nothing of other hosts.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private static let page = File(path: "docs/index.html", mediaType: "text/html; charset=utf-8")

    /// What the page may ask for. Nothing of a request becomes part of a path.
    private static let styles = ["docs.css", "swagger-ui.css"]
    private static let scripts = ["docs.js", "swagger-ui-bundle.js"]

    private let folder: String?
    private let contract: File

    /// - Parameter folder: has `docs/` and `openapi/`; nil where there is none.
    package init(_ folder: String?, _ identity: ServiceIdentity) {
        self.folder = folder
        // As text, which browsers show; YAML of its own type they would save.
        contract = File(path: "openapi/\(identity.contract).yaml", mediaType: "text/plain; charset=utf-8")
    }

    package var routes: [Route] {
        [
            route("getReference", "/docs", ReferencePages.page),
            route("getFormerReference", "/api/docs", ReferencePages.page),
            Route("getReferenceStyle", .get, "/docs/styles/{file}", access: .everybody) {
                (_, context) throws(Problem) in
                try response(ReferencePages.file(context, among: ReferencePages.styles, "text/css; charset=utf-8"))
            },
            Route("getReferenceScript", .get, "/docs/scripts/{file}", access: .everybody) {
                (_, context) throws(Problem) in
                try response(
                    ReferencePages.file(context, among: ReferencePages.scripts, "text/javascript; charset=utf-8"))
            },
            route("getContract", "/openapi.yaml", contract),
        ]
    }

    /// Says once which files are missing, where there is a folder for them.
    package func report(to logger: Logger) {
        guard let folder else { return }
        let names = (ReferencePages.styles + ReferencePages.scripts).map { "docs/\($0)" }
        let missing = ([ReferencePages.page.path, contract.path] + names).filter { path in
            do throws(TextFileError) {
                _ = try textOfFile("\(folder)/\(path)", bytesMax: ReferencePages.fileBytesMax)
                return false
            } catch {
                return true
            }
        }
        guard !missing.isEmpty else { return }
        logger.warning(
            "the API reference is not complete",
            ["folder": folder, "missing": missing.sorted().joined(separator: ", ")])
    }

    private func route(_ operationID: String, _ path: String, _ file: File) -> Route {
        Route(operationID, .get, path, access: .everybody) { (_, _) throws(Problem) in try response(file) }
    }

    private static func file(
        _ context: RequestContext, among names: [String], _ mediaType: String
    ) throws(Problem) -> File {
        guard let name = names.first(where: { $0 == context.pathParameters["file"] }) else {
            throw .pageNotInstalled("The page has no such file.")
        }
        return File(path: "docs/\(name)", mediaType: mediaType)
    }

    private func response(_ file: File) throws(Problem) -> Response {
        guard let folder else {
            throw .pageNotInstalled("WEB_DIRECTORY is not set; README.md says what it must have.")
        }
        let text: String
        do throws(TextFileError) {
            text = try textOfFile("\(folder)/\(file.path)", bytesMax: ReferencePages.fileBytesMax)
        } catch {
            throw .pageNotInstalled("\(file.path) \(error.reason).")
        }
        return Response(
            .ok, headers: ["Content-Type": file.mediaType, "Content-Security-Policy": ReferencePages.policy],
            body: Array(text.utf8))
    }
}

extension Problem {
    fileprivate static func pageNotInstalled(_ detail: String) -> Problem { Problem(.pageNotInstalled, detail: detail) }
}
