import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.LogManager;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;

/** Tomcat with a servlet for each path: {@code TomcatServer <encodedSolidusHandling> <folder> <table of sites>}. */
public class TomcatServer {
    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().getLogger("").setLevel(Level.SEVERE);
        List<Tomcat> servers = new ArrayList<>();
        Map<String, Map<String, String>> paths = new TreeMap<>();
        int port = 0;
        for (String line : Files.readAllLines(Path.of(arguments[2]))) {
            String[] fields = line.split("\t");
            if (fields[0].equals("site")) {
                if (port != 0) {
                    servers.add(start(port, paths, arguments));
                }
                port = Integer.parseInt(fields[1]);
                paths = new TreeMap<>();
            } else {
                paths.computeIfAbsent(fields[3], path -> new HashMap<>()).put(fields[2], fields[1]);
            }
        }
        servers.add(start(port, paths, arguments));
        servers.get(0).getServer().await();
    }

    private static String mapping(String path) {
        if (path.equals("$default")) {
            return "/";
        }
        return path.equals("/") ? "" : path.replaceAll("\\{[^/]*\\}$", "*");
    }

    private static Tomcat start(int port, Map<String, Map<String, String>> paths, String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(arguments[1] + "/" + port);
        tomcat.setHostname("localhost");
        tomcat.setPort(port);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        tomcat.getConnector().setProperty("maxKeepAliveRequests", "-1");
        tomcat.getConnector().setProperty("maxThreads", "16");
        tomcat.getConnector().setProperty("minSpareThreads", "1");
        tomcat.getConnector().setEncodedSolidusHandling(arguments[0]);
        Context context = tomcat.addContext("", null);
        for (Map.Entry<String, Map<String, String>> path : paths.entrySet()) {
            String name = "servlet" + path.getKey();
            String mapping = mapping(path.getKey());
            boolean isGreedy = path.getKey().endsWith("+}");
            Tomcat.addServlet(context, name, new Methods(path.getValue(), mapping.endsWith("*"), isGreedy));
            context.addServletMappingDecoded(mapping, name);
        }
        tomcat.start();
        return tomcat;
    }

    /** HEAD is answered with what there is for GET. */
    static final class Methods extends HttpServlet {
        private final Map<String, String> routes;
        private final boolean isMapping;
        private final boolean isGreedy;

        Methods(Map<String, String> routes, boolean isMapping, boolean isGreedy) {
            this.routes = routes;
            this.isMapping = isMapping;
            this.isGreedy = isGreedy;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            // A mapping takes everything below, and the path itself; a variable is one segment that is not empty.
            String rest = request.getPathInfo();
            boolean isMissing = rest == null || !isGreedy && rest.equals("/");
            if (isMapping && (isMissing || !isGreedy && rest.indexOf('/', 1) >= 0)) {
                response.sendError(404);
                return;
            }
            String method = request.getMethod();
            String route = routes.get(method);
            if (route == null && method.equals("HEAD")) {
                route = routes.get("GET");
            }
            if (route == null) {
                route = routes.get("ANY");
            }
            if (route == null) {
                response.sendError(405);
            } else {
                response.setHeader("x-route", route);
            }
        }
    }
}
