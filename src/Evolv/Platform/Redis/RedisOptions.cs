using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Evolv.Platform.Redis;

/// <summary>Section <c>Redis</c>: what several servers share outside of PostgreSQL. Everything works without it.</summary>
sealed class RedisOptions
{
    internal const string Section = "Redis";

    /// <summary>
    /// Redis or Valkey for messages between servers: <c>host:port,user=…,password=…,ssl=true</c>. Without it they go through
    /// PostgreSQL.
    /// </summary>
    public string? ConnectionString { get; set; }

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

    // Says nothing of the text, which may hold a password.
    internal sealed class Validator : IValidateOptions<RedisOptions>
    {
        public ValidateOptionsResult Validate(string? name, RedisOptions options)
        {
            const string Wrong = $"{nameof(ConnectionString)}: it must be host:port, and options after commas: cache.example.com:6379,password=…";
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
