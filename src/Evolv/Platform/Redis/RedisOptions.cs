using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Evolv.Platform.Redis;

/// <summary>Section <c>Redis</c>: what several servers share outside of PostgreSQL. Everything works without it.</summary>
sealed class RedisOptions
{
    internal const string Section = "Redis";

    /// <summary>
    /// Redis or Valkey for what servers share, which are limits, cache and messages: <c>host:port,user=…,password=…,ssl=true</c>. Without it
    /// messages go through PostgreSQL, and every server has limits and a cache of its own.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>How long a question to Redis is waited for, in milliseconds, before the request goes on without; it asks twice at most.</summary>
    [Range(1, 60_000)]
    public int TimeoutMilliseconds { get; set; } = 25;

    /// <summary>Where it is, for the log: without a password.</summary>
    internal string EndPoints => string.Join(", ", Read()?.EndPoints ?? []);

    /// <summary>The address as the driver reads it, with an end to all waiting; null without Redis.</summary>
    internal ConfigurationOptions? Read()
    {
        if (string.IsNullOrEmpty(ConnectionString))
            return null;
        var redis = ConfigurationOptions.Parse(ConnectionString);
        redis.ClientName = "evolv";
        redis.ConnectRetry = 1;
        redis.ConnectTimeout = redis.AsyncTimeout = redis.SyncTimeout = 2000;
        redis.KeepAlive = 5;
        redis.BacklogPolicy = BacklogPolicy.FailFast;
        redis.IncludeDetailInExceptions = false;
        return redis;
    }

    /// <summary>The same for a connection that comes when it can and comes back by itself.</summary>
    internal ConfigurationOptions? ReadResilient()
    {
        if (Read() is not { } redis)
            return null;
        redis.AbortOnConnectFail = false;
        // The heart of the driver notices that a connection is dead and makes the next one.
        redis.HeartbeatInterval = TimeSpan.FromMilliseconds(250);
        redis.ReconnectRetryPolicy = new ExponentialRetry(250, 1000);
        return redis;
    }

    // Says nothing of the text, which may hold a password.
    internal sealed class Validator : IValidateOptions<RedisOptions>
    {
        public ValidateOptionsResult Validate(string? name, RedisOptions options)
        {
            const string Wrong = $"{nameof(ConnectionString)}: it must be host:port, and options after commas: cache.example.com:6379,password=…";
            if (options.TimeoutMilliseconds is < 1 or > 60_000)
                return ValidateOptionsResult.Fail($"{nameof(TimeoutMilliseconds)}: it must be between 1 and 60000");
            try
            {
                return options.ConnectionString?.Contains("://", StringComparison.Ordinal) == true || options.Read() is { EndPoints.Count: 0 }
                    ? ValidateOptionsResult.Fail(Wrong)
                    : ValidateOptionsResult.Success;
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
            {
                return ValidateOptionsResult.Fail(Wrong);
            }
        }
    }
}
