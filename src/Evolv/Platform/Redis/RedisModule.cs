using System.Diagnostics.Metrics;
using Evolv.Platform.Http;
using Evolv.Platform.Observability;
using Evolv.Platform.Settings;

namespace Evolv.Platform.Redis;

/// <summary>Redis or Valkey, if there is one.</summary>
static class RedisModule
{
    internal static IServiceCollection AddRedis(this IServiceCollection services, IConfiguration settings)
    {
        services
            .AddSettings<RedisOptions, RedisOptions.Validator>(RedisOptions.Section)
            .AddSingleton<RedisPrefix>()
            .AddSingleton<RedisConnection>();
        // Who has none does not miss it.
        return string.IsNullOrEmpty(settings[$"{RedisOptions.Section}:{nameof(RedisOptions.ConnectionString)}"])
            ? services
            : services
                .AddHostedService(provider => provider.GetRequiredService<RedisConnection>())
                .AddSingleton(provider => new ReadinessCheck("redis", _ => Task.FromResult(
                    provider.GetRequiredService<RedisConnection>().IsAnswering ? null : "no answer"), IsCritical: false))
                .AddSingleton(provider => new GaugeReading(Gauges.RedisQuestions, () => Questions(provider.GetRequiredService<RedisConnection>())));
    }

    static IEnumerable<Measurement<double>> Questions(RedisConnection redis)
        =>
        [
            new(redis.Answered, new KeyValuePair<string, object?>("result", "answered")),
            new(redis.Failed, new KeyValuePair<string, object?>("result", "failed")),
            new(redis.Skipped, new KeyValuePair<string, object?>("result", "skipped")),
        ];
}
