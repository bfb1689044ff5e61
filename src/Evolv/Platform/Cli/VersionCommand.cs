using System.CommandLine;
using System.Reflection;

namespace Evolv.Platform.Cli;

/// <summary>version: of Evolv and of what it runs on.</summary>
static class VersionCommand
{
    internal static Command Create()
    {
        var command = new Command("version", "Print the version.\nExample: ./evolv version");
        command.SetAction(_ =>
        {
            var version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
            Console.WriteLine($"evolv {version.Split('+')[0]} (.NET {Environment.Version})");
        });
        return command;
    }
}
