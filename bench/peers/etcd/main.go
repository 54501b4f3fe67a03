// The same write load as bench/writes.ts puts on Quorate, put on etcd through its own Go client.
// Prints one JSON object.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/grpclog"
)

type result struct {
	Mode         string  `json:"mode"`
	Writes       int64   `json:"writes"`
	Errors       int64   `json:"errors"`
	Seconds      float64 `json:"seconds"`
	WritesPerSec float64 `json:"writesPerSecond"`
	P50Ms        float64 `json:"p50Ms"`
	P99Ms        float64 `json:"p99Ms"`
	LongestGapMs float64 `json:"longestGapMs"`
}

func main() {
	endpoints := flag.String("endpoints", "", "comma-separated")
	mode := flag.String("mode", "put", "put: one put a request; txn: 64 puts a transaction")
	connections := flag.Int("connections", 8, "")
	outstanding := flag.Int("outstanding", 64, "of one connection, in writes")
	size := flag.Int("size", 1024, "bytes of a value")
	warmup := flag.Duration("warmup", 2*time.Second, "")
	duration := flag.Duration("duration", 8*time.Second, "")
	timeout := flag.Duration("timeout", 10*time.Second, "of one request")
	retry := flag.Bool("retry", false, "go on after an error, for the failover run")
	flag.Parse()
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(os.Stderr, os.Stderr, os.Stderr))

	var lock sync.Mutex
	var latencies []float64
	var ends []time.Time
	var writes, errors int64
	start := time.Now()
	measureFrom := start.Add(*warmup)
	stop := measureFrom.Add(*duration)
	var group sync.WaitGroup
	perRequest := 1
	if *mode == "txn" {
		perRequest = *outstanding
	}
	for c := 0; c < *connections; c++ {
		client, err := clientv3.New(clientv3.Config{
			Endpoints:   strings.Split(*endpoints, ","),
			DialTimeout: 5 * time.Second,
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for w := 0; w < *outstanding/perRequest; w++ {
			group.Add(1)
			go func(connection, worker int) {
				defer group.Done()
				value := make([]byte, *size)
				for n := 0; time.Now().Before(stop); n++ {
					rand.Read(value)
					begin := time.Now()
					ctx, cancel := context.WithTimeout(context.Background(), *timeout)
					err := write(ctx, client, perRequest, fmt.Sprintf("%d-%d-%d", connection, worker, n), string(value))
					cancel()
					end := time.Now()
					if err != nil {
						atomic.AddInt64(&errors, 1)
						if !*retry {
							fmt.Fprintln(os.Stderr, err)
							os.Exit(1)
						}
						continue
					}
					if begin.After(measureFrom) && end.Before(stop) {
						atomic.AddInt64(&writes, int64(perRequest))
						lock.Lock()
						latencies = append(latencies, float64(end.Sub(begin).Microseconds())/1000)
						ends = append(ends, end)
						lock.Unlock()
					}
				}
			}(c, w)
		}
	}
	group.Wait()
	sort.Float64s(latencies)
	sort.Slice(ends, func(i, j int) bool { return ends[i].Before(ends[j]) })
	gap := 0.0
	for i := 1; i < len(ends); i++ {
		if d := float64(ends[i].Sub(ends[i-1]).Microseconds()) / 1000; d > gap {
			gap = d
		}
	}
	seconds := duration.Seconds()
	out := result{*mode, writes, errors, seconds, float64(writes) / seconds, at(latencies, 0.5), at(latencies, 0.99), gap}
	json.NewEncoder(os.Stdout).Encode(out)
}

func write(ctx context.Context, client *clientv3.Client, count int, key, value string) error {
	if count == 1 {
		_, err := client.Put(ctx, key, value)
		return err
	}
	operations := make([]clientv3.Op, count)
	for i := range operations {
		operations[i] = clientv3.OpPut(fmt.Sprintf("%s-%d", key, i), value)
	}
	_, err := client.Txn(ctx).Then(operations...).Commit()
	return err
}

func at(sorted []float64, quantile float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(quantile*float64(len(sorted))))]
}
