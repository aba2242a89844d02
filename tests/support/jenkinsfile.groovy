// groovy jenkinsfile.groovy JENKINSFILE: runs a declarative pipeline's steps as Jenkins does, with the sh steps in real shells (sh -xe). What
// Jenkins gives a job comes from the environment. Artifacts are the folder $ARTIFACTS: copyArtifacts copies from it, archiveArtifacts
// to it if the build did not fail. Prints "build: SUCCESS", UNSTABLE or FAILURE at the end. A directive, step or parameter that these
// do not have is an error, as it is in Jenkins. The language is Groovy 2.4, as in Jenkins.
class Build {
    String result = 'SUCCESS'
    Map variables = [:]
    File artifacts = new File(System.getenv('ARTIFACTS'))

    Map environment() { System.getenv() + variables }

    int shell(String script) {
        def file = File.createTempFile('step', '.sh')
        file.text = script.stripIndent()
        def process = new ProcessBuilder('sh', '-xe', file.path).inheritIO()
        process.environment().putAll(variables)
        int code = process.start().waitFor()
        file.delete()
        code
    }

    void worse(String than) {
        def order = ['SUCCESS', 'UNSTABLE', 'FAILURE']
        if (order.indexOf(than) > order.indexOf(result)) result = than
    }
}

class Failed extends RuntimeException {
    Failed(String why) { super(why) }
}

class Env {
    Build build
    def propertyMissing(String name) { build.environment()[name] }
}

// What a closure of the pipeline may call. Nothing is looked for elsewhere.
class Part {
    Build build
    Part(Build build) { this.build = build }
    Env getEnv() { new Env(build: build) }
    def within(Part part, Closure body) {
        body.delegate = part
        body.resolveStrategy = Closure.DELEGATE_ONLY
        body.call()
    }
    static void only(Map given, List known) {
        def wrong = given.keySet() - known
        if (wrong) throw new IllegalArgumentException("no such parameter: ${wrong}")
    }
}

class Pipeline extends Part {
    Closure stages, post
    Pipeline(Build b) { super(b) }
    void agent(Closure c) { within(new Agent(build), c) }
    void options(Closure c) { within(new Options(build), c) }
    void environment(Closure c) { within(new Environment(build), c) }
    void stages(Closure c) { stages = c }
    void post(Closure c) { post = c }
}

class Agent extends Part {
    Agent(Build b) { super(b) }
    void label(String name) {}
}

class Options extends Part {
    Options(Build b) { super(b) }
    void disableConcurrentBuilds() {}
    void timeout(Map m) { only(m, ['time', 'unit']) }
    void buildDiscarder(Object rotator) {}
    void copyArtifactPermission(String projects) {}
    def logRotator(Map m) { only(m, ['numToKeepStr', 'daysToKeepStr', 'artifactNumToKeepStr', 'artifactDaysToKeepStr']) }
}

class Environment extends Part {
    Environment(Build b) { super(b) }
    void setProperty(String name, Object value) {
        if (name == 'build') build = value
        else build.variables[name] = value.toString()
    }
}

class Stages extends Part {
    Stages(Build b) { super(b) }
    void stage(String name, Closure c) {
        println "stage: ${name}"
        within(new Stage(build), c)
    }
}

class Stage extends Part {
    Stage(Build b) { super(b) }
    void steps(Closure c) { within(new Steps(build), c) }
}

class Post extends Part {
    Post(Build b) { super(b) }
    void always(Closure c) { within(new Steps(build), c) }
    void success(Closure c) { if (build.result == 'SUCCESS') within(new Steps(build), c) }
    void failure(Closure c) { if (build.result == 'FAILURE') within(new Steps(build), c) }
}

class Steps extends Part {
    Steps(Build b) { super(b) }
    void script(Closure c) { within(new Steps(build), c) }
    void sh(String script) {
        int code = build.shell(script)
        if (code != 0) throw new Failed("script returned exit code ${code}")
    }
    def sh(Map m) {
        only(m, ['script', 'returnStatus', 'label'])
        if (!m.returnStatus) return sh(m.script as String)
        build.shell(m.script as String)
    }
    void unstable(String why) { println why; build.worse('UNSTABLE') }
    void error(String why) { throw new Failed(why) }
    def lastSuccessful() { 'lastSuccessful' }
    void copyArtifacts(Map m) {
        only(m, ['projectName', 'selector', 'filter', 'optional', 'target'])
        if (!m.projectName) throw new Failed('copyArtifacts needs projectName')
        def found = matching(build.artifacts, m.filter as String)
        if (!found && !m.optional) throw new Failed('no artifacts to copy')
        found.each { copy(it, build.artifacts, new File('.').absoluteFile) }
    }
    void archiveArtifacts(Map m) {
        only(m, ['artifacts', 'allowEmptyArchive'])
        def found = (m.artifacts as String).split(/,\s*/).collectMany { matching(new File('.'), it) }
        if (!found && !m.allowEmptyArchive) throw new Failed('no artifacts to archive')
        // The last successful build is what the next one copies from.
        if (build.result == 'FAILURE') return
        build.artifacts.deleteDir()
        found.each { copy(it, new File('.').absoluteFile, build.artifacts) }
    }
    void junit(Map m) {
        only(m, ['testResults', 'allowEmptyResults'])
        def found = matching(new File('.'), m.testResults as String)
        if (!found && !m.allowEmptyResults) throw new Failed('no test results')
        found.each { if (new XmlSlurper().parse(it).'**'.any { node -> node.name() == 'failure' }) build.worse('UNSTABLE') }
    }
    private static List<File> matching(File folder, String pattern) {
        def matcher = java.nio.file.FileSystems.default.getPathMatcher("glob:${pattern}")
        def found = []
        if (!folder.exists()) return found
        folder.eachFileRecurse(groovy.io.FileType.FILES) {
            if (matcher.matches(folder.toPath().relativize(it.toPath()))) found << it
        }
        found
    }
    private static void copy(File file, File from, File to) {
        def target = new File(to, from.toPath().toRealPath().relativize(file.toPath().toRealPath()).toString())
        target.parentFile.mkdirs()
        target.bytes = file.bytes
    }
}

// Not named as the file, whose class would be its own parent.
abstract class Declarative extends Script {
    void pipeline(Closure body) {
        def build = new Build()
        def root = new Part(build)
        def pipeline = new Pipeline(build)
        root.within(pipeline, body)
        try {
            root.within(new Stages(build), pipeline.stages)
        } catch (Failed e) {
            println "ERROR: ${e.message}"
            build.worse('FAILURE')
        }
        if (pipeline.post) root.within(new Post(build), pipeline.post)
        println "build: ${build.result}"
    }
}

def settings = new org.codehaus.groovy.control.CompilerConfiguration()
settings.scriptBaseClass = Declarative.name
new GroovyShell(this.class.classLoader, new Binding(), settings).evaluate(new File(args[0]))
