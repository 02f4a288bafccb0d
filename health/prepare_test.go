package health

import (
	"slices"
	"strings"
	"testing"

	"mcp-companion/launch"
	"mcp-companion/words"
)

func TestWhatAFirstStartDownloads(t *testing.T) {
	for command, want := range map[string]string{
		"/usr/bin/npx -y some-server /home/ana":                        "/usr/bin/npm exec --yes --fetch-retries=1 --package=some-server -- node -e ",
		"/usr/bin/npx --yes @scope/server@1.2.3 --port 1":              "/usr/bin/npm exec --yes --fetch-retries=1 --package=@scope/server@1.2.3 -- node -e ",
		"/usr/bin/npx -p @scope/a -p b run-it":                         "/usr/bin/npm exec --yes --fetch-retries=1 --package=@scope/a --package=b -- node -e ",
		"/usr/bin/npx --registry https://r.example -y a":               "/usr/bin/npm exec --yes --fetch-retries=1 --registry=https://r.example --package=a -- node -e ",
		`C:\node\npx.cmd -y some-server`:                               `C:\node\npm.cmd exec --yes --fetch-retries=1 --package=some-server -- node -e `,
		`C:\Windows\System32\cmd.exe /c npx -y some-server`:            `C:\Windows\System32\cmd.exe /c npm exec --yes --fetch-retries=1 --package=some-server -- node -e `,
		"/usr/bin/npm exec --yes -- some-server x":                     "/usr/bin/npm exec --yes --fetch-retries=1 --package=some-server -- node -e ",
		"/usr/bin/npm x --package=@scope/a -- run-it x":                "/usr/bin/npm exec --yes --fetch-retries=1 --package=@scope/a -- node -e ",
		"/home/ana/.local/bin/uvx mcp-server-git --repository /x":      "/home/ana/.local/bin/uvx --from mcp-server-git python -c ",
		"/home/ana/.local/bin/uvx mcp-server-git@1.2":                  "/home/ana/.local/bin/uvx --from mcp-server-git==1.2 python -c ",
		"/home/ana/.local/bin/uvx mcp-server-git@latest":               "/home/ana/.local/bin/uvx --from mcp-server-git@latest python -c ",
		"/home/ana/.local/bin/uvx --python 3.12 --from pack[x] server": "/home/ana/.local/bin/uvx --python 3.12 --from pack[x] python -c ",
		"/usr/bin/uv tool run --from pack server":                      "/usr/bin/uv tool run --from pack python -c ",
		"/usr/bin/docker run -i --rm -e KEY -eA=b --name x mcp/x arg":  "/usr/bin/docker pull mcp/x",
		"/usr/bin/docker run --platform linux/amd64 -it ghcr.io/a/b:1": "/usr/bin/docker pull --platform=linux/amd64 ghcr.io/a/b:1",
		"/usr/bin/docker container run -v /a:/b --network=host img":    "/usr/bin/docker pull img",
		"/usr/bin/podman run --rm img":                                 "/usr/bin/podman pull img",

		"/usr/bin/pnpm dlx @scope/server@1 x": "/usr/bin/pnpm dlx --package=@scope/server@1 node -e ",
		"/usr/bin/pnpx server x":              "/usr/bin/pnpx --package=server node -e ",
		"/usr/bin/bunx -p @scope/a run-it":    "/usr/bin/bunx --package=@scope/a bun -e 0",
		"/usr/bin/bun x --bun server":         "/usr/bin/bun x --package=server bun -e 0",
		`C:\W\cmd.exe /C docker run img`:      `C:\W\cmd.exe /C docker pull img`,

		"/usr/bin/pnpm run x":     "",
		"/usr/bin/bun run x":      "",
		"/usr/bin/node server.js": "",
		"/usr/bin/npx":            "",
		"/usr/bin/npx -c some":    "",
		"/usr/bin/npx -y ./here":  "",
		"/usr/bin/npx -y https://user:pass@host.example/x.tgz":        "",
		"/usr/bin/npx -y github:a/b":                                  "",
		"/usr/bin/npx -y a/b":                                         "",
		"/elsewhere/npx -y a":                                         "", // no npm beside it
		"/usr/bin/npm run start":                                      "",
		"/usr/bin/uv run server":                                      "",
		"/usr/bin/uvx --from git+https://token@github.com/a/b server": "",
		"/usr/bin/uvx --index https://u:p@host.example/simple server": "",
		"/usr/bin/docker compose up":                                  "",
		"/usr/bin/docker run --pull=never img":                        "",
		"/usr/bin/docker run -i":                                      "",
	} {
		list := strings.Split(command, " ")
		d := downloadOf(&launch.Plan{Path: list[0], Args: list[1:]}, func(path string) bool { return !strings.HasPrefix(path, "/elsewhere") })
		got := ""
		if d != nil {
			got = d.path + " " + strings.Join(d.fetch, " ")
			if isImage := strings.Contains(got, " pull "); isImage != slices.Contains(d.has, "inspect") {
				t.Errorf("%s: asks first with %q", command, d.has)
			}
		}
		if got != want {
			t.Errorf("%s\n got %q\nwant %q", command, got, want)
		}
	}
}

func TestAFailedDownloadSaysWhy(t *testing.T) {
	for said, want := range map[string]struct {
		code words.Code
		text string
	}{
		"npm error code E404|npm error 404 Not Found - GET https://r/x|npm error 404|npm error A complete log of this run can be found in: /x": {words.PackageUnknown, "404 Not Found - GET https://r/x"},
		"npm ERR! code ETARGET|npm ERR! notarget No matching version found for a@9.|npm ERR! notarget In most cases":                           {words.PackageUnknown, "notarget No matching version found for a@9."},
		"  x No solution found|  because x was not found in the package registry":                                                              {words.PackageUnknown, "because x was not found in the package registry"},
		"npm error code ENOTEMPTY|npm error syscall rename|npm error path /x|npm error ENOTEMPTY: directory not empty":                         {words.PackageBroken, "ENOTEMPTY: directory not empty"},
		"npm error code EEXIST": {words.PackageBroken, "npm error code EEXIST"},
		"npm error code ENOTFOUND|npm error network request to https://r/x failed": {words.Offline, "network request to https://r/x failed"},
		"error: dns error: failed to lookup address information":                   {words.Offline, "error: dns error: failed to lookup address information"},
		"npm error code ENOSPC": {words.DiskFull, ""},
		"Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?": {words.DockerStopped, ""},
		"Error response from daemon: pull access denied for x":                            {words.DockerImage, "pull access denied"},
		"something else|": {words.DownloadFailed, "something else"},
		"":                {words.DownloadFailed, "It said nothing."},
	} {
		p := downloadProblem("it", "pack", strings.Split(said, "|"))
		if p.Code != want.code || p.Title == "" || strings.Contains(p.Error(), "<no value>") || !strings.Contains(p.Detail, want.text) {
			t.Errorf("%s: %s %v", said, p.Code, p)
		}
	}
}

// A package's install scripts are told nothing that is the server's alone.
func TestADownloadGetsNoneOfTheServersVariables(t *testing.T) {
	ours := []string{"HOME=/home/ana", "LANG=C", "PATH=/bin"}
	got := withoutOwn([]string{"HOME=/home/ana", "LANG=de", "API_KEY=s3cret", "HTTPS_PROXY=http://proxy", "npm_config_registry=https://r", "PATH=/opt:/bin"}, ours)
	if want := []string{"HOME=/home/ana", "HTTPS_PROXY=http://proxy", "npm_config_registry=https://r", "PATH=/opt:/bin"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
