package media

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Bucket says where files are kept in S3-compatible storage, and with which keys.
type Bucket struct {
	AccessKey, SecretKey, SessionToken string

	name, prefix string
	host         string // as requests name it
	secure       bool
	region       string
	lookup       minio.BucketLookupType
}

// ParseBucket reads s3://bucket/prefix?endpoint=https://host:port&region=…&style=path. Without an endpoint it is Amazon's.
func ParseBucket(text string) (b Bucket, err error) {
	u, err := url.Parse(text)
	if err != nil {
		return b, errors.New("is not a URL: write s3://bucket/prefix?endpoint=https://s3.example.com") // err quotes it
	}
	switch {
	case u.Scheme != "s3" || u.Host == "" || u.Fragment != "" || u.Port() != "":
		return b, errors.New("is no place for files: write s3://bucket/prefix?endpoint=https://s3.example.com")
	case u.User != nil:
		return b, errors.New("must hold no keys: they come by PATCHBAY_MEDIA_ACCESS_KEY and PATCHBAY_MEDIA_SECRET_KEY, or a file")
	}
	b.name, b.prefix = u.Host, strings.Trim(u.Path, "/")
	if err := s3utils.CheckValidBucketNameStrict(b.name); err != nil {
		return b, fmt.Errorf("names no bucket: %w", err)
	}
	if b.prefix != "" {
		b.prefix += "/"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return b, errors.New("has a query that is none")
	}
	for name, values := range query {
		if len(values) != 1 {
			return b, fmt.Errorf("says %s twice", name)
		}
		switch name {
		case "endpoint", "region":
		case "style":
			if b.lookup = map[string]minio.BucketLookupType{"path": minio.BucketLookupPath, "host": minio.BucketLookupDNS}[values[0]]; b.lookup == 0 {
				return b, errors.New("knows no style but path and host")
			}
		default:
			return b, fmt.Errorf("says %s; it may say endpoint, region and style", name)
		}
	}
	b.region = query.Get("region")
	return b, b.at(query.Get("endpoint"))
}

// at reads where the storage is.
func (b *Bucket) at(endpoint string) error {
	if endpoint == "" {
		b.host, b.secure = "s3.amazonaws.com", true
		if b.region != "" {
			b.host = "s3." + b.region + ".amazonaws.com"
		}
		return nil
	}
	e, err := url.Parse(endpoint)
	if err != nil || e.Scheme != "https" && e.Scheme != "http" || e.Host == "" || e.User != nil || strings.Trim(e.Path, "/") != "" || e.RawQuery != "" {
		return errors.New("has no endpoint such as https://s3.example.com or http://10.0.0.5:9000")
	}
	b.host, b.secure = e.Host, e.Scheme == "https"
	if b.region == "" && !s3utils.IsAmazonEndpoint(*e) {
		b.region = defaultZone
	}
	return nil
}

// Endpoint is the storage's host:port, as an operator lists it.
func (b Bucket) Endpoint() string {
	if _, _, err := net.SplitHostPort(b.host); err == nil {
		return b.host
	}
	port := "80"
	if b.secure {
		port = "443"
	}
	return net.JoinHostPort(strings.Trim(b.host, "[]"), port)
}

// String is the bucket without its keys.
func (b Bucket) String() string { return "s3://" + b.name + "/" + b.prefix }
