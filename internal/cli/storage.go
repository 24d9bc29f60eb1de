package cli

import "patchbay/internal/app"

// storageFlags say where files are kept when that is a bucket. The keys have no place on a command line, where others on the machine read them.
type storageFlags struct {
	MediaURL        string `env:"PATCHBAY_MEDIA_URL" placeholder:"URL" help:"Keep files in S3-compatible storage: s3://bucket/prefix?endpoint=https://…&region=…; keys by PATCHBAY_MEDIA_ACCESS_KEY and PATCHBAY_MEDIA_SECRET_KEY."`
	MediaAccessKey  string `env:"PATCHBAY_MEDIA_ACCESS_KEY" hidden:""`
	MediaSecretKey  string `env:"PATCHBAY_MEDIA_SECRET_KEY" hidden:""`
	MediaSecretFile string `env:"PATCHBAY_MEDIA_SECRET_FILE" placeholder:"FILE" help:"A file that holds the storage's secret key."`
}

func (s *storageFlags) storage(private []string) app.Storage {
	return app.Storage{URL: s.MediaURL, AccessKey: s.MediaAccessKey, SecretKey: s.MediaSecretKey, SecretFile: s.MediaSecretFile, Private: private}
}

// privateFlag is what a command may reach besides, that reaches storage.
type privateFlag struct {
	AllowPrivateEgress []string `env:"PATCHBAY_ALLOW_PRIVATE_EGRESS" placeholder:"HOST:PORT" help:"Internal addresses that may be reached: the storage's, if it is one."`
}
