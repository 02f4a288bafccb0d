package health

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"mcp-companion/launch"
	"mcp-companion/words"
)

// prepareLimit is how long a download may take.
const prepareLimit = 10 * time.Minute

// Prepare fetches what the server downloads at its first start, without starting
// it: npx, uvx and docker do so within the time a client waits for an answer. It is
// nothing for other commands. progress hears of Checking and Downloading before they
// begin. The download has ten minutes, and ends with ctx, and all it started with it.
// A failed one is a words.Problem with the downloader's last words; a server may work
// all the same, from an older copy.
func Prepare(ctx context.Context, plan *launch.Plan, progress func(Phase)) error {
	return prepare(ctx, plan, progress, prepareLimit)
}

func prepare(ctx context.Context, plan *launch.Plan, progress func(Phase), limit time.Duration) error {
	d := downloadOf(plan, isThere)
	if d == nil {
		return nil
	}
	inner, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	progress(Checking)
	if d.has != nil {
		if exit, _, err := helper(inner, plan, d.path, d.has); err == nil && exit.Code == 0 && inner.Err() == nil {
			return nil
		}
	}
	progress(Downloading)
	exit, said, err := helper(inner, plan, d.path, d.fetch)
	switch {
	case err != nil:
		return nil // npm or docker itself doesn't start: the server's start will say more
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case inner.Err() != nil:
		return words.New(words.SlowStart, inner.Err(), "Name", plan.Name)
	case exit.Code != 0:
		return downloadProblem(plan.Name, d.what, said)
	}
	return nil
}

func isThere(path string) bool {
	i, err := os.Stat(path)
	return err == nil && !i.IsDir()
}

// helper runs a command of a download to its end.
func helper(ctx context.Context, plan *launch.Plan, path string, args []string) (launch.Exit, []string, error) {
	p := &launch.Plan{Name: plan.Name, ServerID: plan.ServerID, Path: path, Args: args, Env: withoutOwn(plan.Env, os.Environ()), Dir: plan.Dir}
	process, err := p.Start(ctx)
	if err != nil {
		return launch.Exit{}, nil, err
	}
	defer process.Stop()
	process.Stdin.Close() // nobody answers its questions
	go io.Copy(io.Discard, process.Stdout)
	exit := process.Wait()
	return exit, process.Stderr(), nil
}

// withoutOwn drops the server's own variables, its secrets among them: a package's
// install scripts get none of them. What says how downloads go stays.
func withoutOwn(env, ours []string) []string {
	var list []string
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains(ours, kv) || strings.EqualFold(name, "PATH") || isDownloadVariable(name) {
			list = append(list, kv)
		}
	}
	return list
}

// downloadVariables say how downloads go: through which proxy, from where, whom to
// trust. A name that ends in _ stands for all that begin so.
var downloadVariables = []string{
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NODE_USE_ENV_PROXY", "NODE_USE_SYSTEM_CA", "NODE_EXTRA_CA_CERTS",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NPM_CONFIG_REGISTRY", "NPM_CONFIG_CACHE", "NPM_CONFIG_PREFIX", "NPM_CONFIG_USERCONFIG",
	"UV_CACHE_DIR", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_PYTHON", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS", "UV_TOOL_DIR",
	"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH",
}

func isDownloadVariable(name string) bool {
	return slices.Contains(downloadVariables, strings.ToUpper(name))
}

// downloadSigns are what npm, uv and docker write when they fail; the first that is
// found counts. Sources: npm's and uv's own messages; facts of wording, chapter C.
var downloadSigns = []struct {
	text string
	code words.Code
}{
	{"enospc", words.DiskFull},
	{"no space left", words.DiskFull},
	{"e404", words.PackageUnknown},
	{"etarget", words.PackageUnknown},
	{"einvalidpackagename", words.PackageUnknown},
	{"not found in the package registry", words.PackageUnknown},
	{"there is no version of", words.PackageUnknown},
	{"enotempty", words.PackageBroken},
	{"eexist", words.PackageBroken},
	{"eintegrity", words.PackageBroken},
	{"cannot connect to the docker daemon", words.DockerStopped},
	{"failed to connect to the docker api", words.DockerStopped},
	{"is the docker daemon running", words.DockerStopped},
	{"docker_engine", words.DockerStopped},
	{"enotfound", words.Offline},
	{"eai_again", words.Offline},
	{"no such host", words.Offline},
	{"dns error", words.Offline},
	{"failed to lookup address", words.Offline},
	{"pull access denied", words.DockerImage},
	{"manifest unknown", words.DockerImage},
	{"no matching manifest", words.DockerImage},
}

// downloadProblem says why what could not be had for the server called name; said is
// what the downloader wrote.
func downloadProblem(name, what string, said []string) *words.Problem {
	all := strings.ToLower(strings.Join(said, "\n"))
	code := words.DownloadFailed
	for _, s := range downloadSigns {
		if strings.Contains(all, s.text) {
			code = s.code
			break
		}
	}
	last := lastOf(said)
	return words.New(code, errors.New(last), "Name", name, "Package", what, "Text", last, "File", words.Say("health.download"))
}

// npmFacts begin npm's lines that tell less than the sentence among them.
var npmFacts = []string{"code ", "errno ", "syscall ", "path ", "dest ", "network This is", "network In most", "A complete log"}

// lastOf is what a downloader says is wrong: the first sentence of npm's, which goes
// on with advice, and any other's last.
func lastOf(said []string) string {
	for _, line := range said {
		for _, mark := range []string{"npm error ", "npm ERR! "} {
			text, ok := strings.CutPrefix(line, mark)
			if ok && !slices.ContainsFunc(npmFacts, func(f string) bool { return strings.HasPrefix(text, f) }) {
				return text
			}
		}
	}
	for _, line := range slices.Backward(said) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return words.Say("health.silent")
}
